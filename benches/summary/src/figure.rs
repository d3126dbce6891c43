use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

/// A median.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// What kind of work was measured.
    pub group: String,
    /// Who did it.
    pub subject: String,
    /// Which work it was.
    pub workload: String,
    /// The median.
    pub value: f64,
    /// Its unit; criterion's clock counts in `ns`.
    pub unit: String,
}

/// The figures of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Figures(pub Vec<Figure>);

/// The subjects in the order of the report. Others come after these.
const SUBJECTS: [&str; 11] = [
    "native",
    "cranelift",
    "cranelift-metering",
    "singlepass",
    "singlepass-metering",
    "cosmwasm-vm",
    "wasmtime-fuel",
    "wasmi-fuel",
    "hull",
    "hull-singlepass",
    "hull-cranelift",
];

impl Figures {
    /// The groups, in alphabetical order.
    pub fn groups(&self) -> BTreeSet<&str> {
        self.0.iter().map(|figure| figure.group.as_str()).collect()
    }

    /// The workloads of a group, in alphabetical order.
    pub fn workloads(&self, group: &str) -> BTreeSet<&str> {
        self.of(group)
            .map(|figure| figure.workload.as_str())
            .collect()
    }

    /// The subjects of a group, in the order of the report.
    pub fn subjects(&self, group: &str) -> Vec<&str> {
        let subjects: BTreeSet<&str> = self
            .of(group)
            .map(|figure| figure.subject.as_str())
            .collect();
        let mut subjects: Vec<&str> = subjects.into_iter().collect();
        subjects.sort_by_key(|subject| {
            SUBJECTS
                .iter()
                .position(|known| known == subject)
                .unwrap_or(SUBJECTS.len())
        });
        subjects
    }

    /// One figure.
    pub fn find(&self, group: &str, subject: &str, workload: &str) -> Option<&Figure> {
        self.of(group)
            .find(|figure| figure.subject == subject && figure.workload == workload)
    }

    /// The value of one figure.
    pub fn get(&self, group: &str, subject: &str, workload: &str) -> Option<f64> {
        self.find(group, subject, workload)
            .map(|figure| figure.value)
    }

    /// `subject` over `reference`, for every workload of the group that both have.
    pub fn ratios(&self, group: &str, subject: &str, reference: &str) -> Vec<f64> {
        self.workloads(group)
            .into_iter()
            .filter_map(|workload| {
                Some(self.get(group, subject, workload)? / self.get(group, reference, workload)?)
            })
            .collect()
    }

    /// Adds the figures that a bench without criterion left in `file`.
    ///
    /// # Errors
    /// When the file cannot be read or holds no figures.
    pub fn extend_from(&mut self, file: &Path) -> Result<()> {
        self.0.extend(read::<Vec<Figure>>(file)?);
        Ok(())
    }

    fn of(&self, group: &str) -> impl Iterator<Item = &Figure> {
        self.0.iter().filter(move |figure| figure.group == group)
    }
}

/// The geometric mean; `None` of nothing.
pub(crate) fn geometric_mean(values: &[f64]) -> Option<f64> {
    let logarithms: f64 = values.iter().map(|value| value.ln()).sum();
    (!values.is_empty()).then(|| (logarithms / values.len() as f64).exp())
}

/// Reads the medians of the newest run below criterion's folder.
///
/// # Errors
/// When the folder cannot be read, has no figures, or is not criterion's.
pub fn collect(folder: &Path) -> Result<Figures> {
    let mut figures = Vec::new();
    visit(folder, &mut figures)?;
    ensure!(!figures.is_empty(), "{} holds no figures", folder.display());
    figures.sort_by(|a, b| {
        (&a.group, &a.workload, &a.subject).cmp(&(&b.group, &b.workload, &b.subject))
    });
    Ok(Figures(figures))
}

/// Criterion names a folder after each part of a bench's name, in letters that
/// fit a file system. The name itself is inside, next to the figures.
fn visit(folder: &Path, figures: &mut Vec<Figure>) -> Result<()> {
    let estimates = folder.join("new/estimates.json");
    if estimates.is_file() {
        let name: Name = read(&folder.join("new/benchmark.json"))?;
        let estimates: Estimates = read(&estimates)?;
        figures.push(Figure {
            group: name.group_id,
            subject: name.function_id,
            workload: name.value_str,
            value: estimates.median.point_estimate,
            unit: "ns".to_owned(),
        });
        return Ok(());
    }
    let entries = fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            visit(&entry.path(), figures)?;
        }
    }
    Ok(())
}

fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T> {
    let text = fs::read(path).with_context(|| format!("read {}", path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("parse {}", path.display()))
}

/// Criterion's `benchmark.json`, as far as it is used here.
#[derive(Deserialize)]
struct Name {
    group_id: String,
    function_id: String,
    value_str: String,
}

/// Criterion's `estimates.json`, as far as it is used here.
#[derive(Deserialize)]
struct Estimates {
    median: Estimate,
}

#[derive(Deserialize)]
struct Estimate {
    point_estimate: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn criterions_files_become_figures() {
        let folder = tempfile::tempdir().unwrap();
        let new = folder.path().join("compute/a_subject/a_workload/new");
        fs::create_dir_all(&new).unwrap();
        fs::create_dir_all(folder.path().join("report")).unwrap();
        fs::write(
            new.join("benchmark.json"),
            r#"{"group_id":"compute","function_id":"a-subject","value_str":"a/workload","title":"t"}"#,
        )
        .unwrap();
        fs::write(
            new.join("estimates.json"),
            r#"{"mean":{"point_estimate":2.0},"median":{"point_estimate":1.5},"slope":null}"#,
        )
        .unwrap();

        let figures = collect(folder.path()).unwrap();
        assert_eq!(figures.get("compute", "a-subject", "a/workload"), Some(1.5));
        assert_eq!(figures.0.len(), 1);
    }

    #[test]
    fn an_empty_run_is_an_error() {
        assert!(collect(tempfile::tempdir().unwrap().path()).is_err());
    }

    #[test]
    fn the_mean_of_ratios_is_geometric() {
        let mean = geometric_mean(&[0.5, 2.0, 8.0]).unwrap();
        assert!((mean - 2.0).abs() < 1e-12);
        assert_eq!(geometric_mean(&[]), None);
    }
}
