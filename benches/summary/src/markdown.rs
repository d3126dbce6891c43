use std::fmt::Write as _;

use crate::figure::geometric_mean;
use crate::targets::{Bound, Target, targets};
use crate::{Figures, Summary};

/// Whom the others of a group are held against.
fn reference(group: &str) -> &'static str {
    match group {
        // An upload is compiled by the first tier; the optimizing one comes later.
        "compile" | "compile-in-turn" => "hull-singlepass",
        _ => "hull",
    }
}

impl Summary {
    /// The run as a page.
    pub fn markdown(&self) -> String {
        let mut page = String::from("# Hull and its peers\n\nMedians of one run.\n\n");
        for note in &self.notes {
            page.push_str(&format!("- {note}\n"));
        }
        page.push_str("\n## Targets\n\n");
        target_table(&mut page, &targets(&self.figures));
        for group in self.figures.groups() {
            page.push_str(&format!("\n## {group}\n\n"));
            value_table(&mut page, &self.figures, group);
            let reference = reference(group);
            if self.figures.subjects(group).contains(&reference) {
                page.push_str(&format!("\nTimes {reference}:\n\n"));
                ratio_table(&mut page, &self.figures, group, reference);
            }
        }
        page
    }
}

fn target_table(page: &mut String, targets: &[Target]) {
    row(page, ["target", "bound", "found", "range", ""]);
    row(page, ["---"; 5]);
    for target in targets {
        let bound = match target.bound {
            Bound::AtMost(most) => format!("at most {most:.2}"),
            Bound::AtLeast(least) => format!("at least {least:.2}"),
            Bound::Within(most) => format!("at most {}", time(most)),
        };
        let found = target.found.map(|found| match target.bound {
            Bound::Within(_) => time(found),
            Bound::AtMost(_) | Bound::AtLeast(_) => format!("{found:.2}"),
        });
        let range = target
            .range
            .map(|(least, most)| format!("{least:.2} to {most:.2}"));
        row(
            page,
            [
                target.promise,
                &bound,
                &found.unwrap_or_default(),
                &range.unwrap_or_default(),
                &target.outcome().to_string(),
            ],
        );
    }
}

fn value_table(page: &mut String, figures: &Figures, group: &str) {
    let workloads = figures.workloads(group);
    row(page, [""].into_iter().chain(workloads.iter().copied()));
    row(page, (0..=workloads.len()).map(|_| "---"));
    for subject in figures.subjects(group) {
        let cells = workloads.iter().map(|workload| {
            let figure = figures.find(group, subject, workload);
            figure.map_or_else(String::new, |figure| match figure.unit.as_str() {
                "ns" => time(figure.value),
                unit => format!("{:.0} {unit}", figure.value),
            })
        });
        row(page, [subject.to_owned()].into_iter().chain(cells));
    }
}

/// One row for each subject that has something to be held against.
fn ratio_table(page: &mut String, figures: &Figures, group: &str, reference: &str) {
    let workloads = figures.workloads(group);
    row(
        page,
        [""].into_iter()
            .chain(workloads.iter().copied())
            .chain(["geometric mean"]),
    );
    row(page, (0..workloads.len() + 2).map(|_| "---"));
    for subject in figures.subjects(group) {
        let Some(mean) = geometric_mean(&figures.ratios(group, subject, reference)) else {
            continue;
        };
        let cells = workloads.iter().map(|workload| {
            let own = figures.get(group, subject, workload);
            let other = figures.get(group, reference, workload);
            own.zip(other)
                .map_or_else(String::new, |(own, other)| ratio(own / other))
        });
        row(
            page,
            [subject.to_owned()]
                .into_iter()
                .chain(cells)
                .chain([ratio(mean)]),
        );
    }
}

fn row(page: &mut String, cells: impl IntoIterator<Item = impl AsRef<str>>) {
    page.push('|');
    for cell in cells {
        write!(page, " {} |", cell.as_ref()).expect("a string takes everything");
    }
    page.push('\n');
}

fn ratio(ratio: f64) -> String {
    if ratio < 0.1 {
        format!("{ratio:.3}")
    } else {
        format!("{ratio:.2}")
    }
}

/// Nanoseconds in the unit that suits them.
fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        1e9.. => format!("{:.2} s", nanoseconds / 1e9),
        1e6.. => format!("{:.2} ms", nanoseconds / 1e6),
        1e3.. => format!("{:.2} µs", nanoseconds / 1e3),
        _ => format!("{nanoseconds:.0} ns"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Figure;

    #[test]
    fn a_page_has_every_figure_its_ratio_and_a_verdict() {
        let figure = |subject: &str, value| Figure {
            group: "call".to_owned(),
            subject: subject.to_owned(),
            workload: "transfer".to_owned(),
            value,
            unit: "ns".to_owned(),
        };
        let figures = Figures(vec![
            figure("hull", 5_001.0),
            figure("cosmwasm-vm", 60_012.0),
        ]);
        let page = Summary {
            figures,
            notes: vec!["a machine".to_owned()],
        }
        .markdown();
        for line in [
            "- a machine",
            "| a warm token transfer on fresh state | at most 5.00 µs | 5.00 µs |  | MISSED |",
            "| a transfer on cosmwasm-vm over one on Hull | at least 10.00 | 12.00 |  | met |",
            "| cosmwasm-vm | 60.01 µs |",
            "| cosmwasm-vm | 12.00 | 12.00 |",
        ] {
            assert!(
                page.lines().any(|found| found == line),
                "{line}\nin\n{page}"
            );
        }
    }
}
