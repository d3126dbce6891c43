//! From the table to wasmer's imports, and the crossing itself.
#![allow(
    unsafe_code,
    reason = "host functions find their session through a pointer"
)]

use std::ptr::NonNull;
use std::sync::Arc;

use hull_gas_meter::{ProfiledFunction, names};
use hull_host_api::{Cost, Gas, Group, HostFunction, for_each_host_function};
use wasmer::{
    Extern, Function, FunctionEnv, FunctionEnvMut, FunctionType, Imports, Module, Store, Value,
};

use crate::context::{Context, Exit};
use crate::frame::Session;
use crate::memory::Handles;
use crate::native;
use crate::observe::Step;
use crate::prepare::Told;

/// What the host functions of one instance share.
#[derive(Debug, Default)]
pub(crate) struct Env {
    session: Option<SessionPtr>,
    handles: Option<Handles>,
}

#[derive(Debug)]
struct SessionPtr(NonNull<Session<'static>>);

// SAFETY: the pointer is set only while its session runs the instance, on the
// thread of the session, and is cleared before the instance can move.
unsafe impl Send for SessionPtr {}

impl Env {
    pub(crate) fn set_handles(&mut self, handles: Handles) {
        self.handles = Some(handles);
    }

    pub(crate) fn handles(&mut self) -> &mut Handles {
        self.handles
            .as_mut()
            .expect("an instance gets its handles before it is used")
    }

    /// Lets host functions find the session until [`leave`](Self::leave).
    ///
    /// # Safety
    /// Until `leave`, the session must stay where it is and must not be touched
    /// by anyone but the host functions of this instance.
    pub(crate) unsafe fn enter(&mut self, session: &mut Session<'_>) {
        self.session = Some(SessionPtr(NonNull::from(session).cast()));
    }

    pub(crate) fn leave(&mut self) {
        self.session = None;
    }

    /// The context of a host function.
    ///
    /// # Safety
    /// To be called from a host function of this instance, and the context must
    /// not outlive it.
    pub(crate) unsafe fn context(&mut self, cost: Cost) -> Context<'_> {
        let session = self
            .session
            .as_mut()
            .expect("host functions run inside a session");
        let handles = self.handles.as_mut().expect("see `handles`");
        // SAFETY: `enter` set the pointer and its caller left the session to us.
        // The lifetime of the borrowed host is hidden from wasmer's environment,
        // which must be 'static; the context ends with the host function.
        let session = unsafe { session.0.as_mut() };
        Context {
            session,
            handles,
            cost,
        }
    }
}

/// Collects the imports of an instance.
pub struct Linker<'a> {
    store: &'a mut Store,
    env: &'a FunctionEnv<Env>,
    wanted: &'a Module,
    imports: Imports,
}

impl<'a> Linker<'a> {
    pub(crate) fn new(store: &'a mut Store, env: &'a FunctionEnv<Env>, wanted: &'a Module) -> Self {
        Self {
            store,
            env,
            wanted,
            imports: Imports::new(),
        }
    }

    pub(crate) fn finish(self) -> Imports {
        self.imports
    }

    fn wants(&self, module: &str, name: &str) -> bool {
        self.wanted
            .imports()
            .any(|import| import.module() == module && import.name() == name)
    }

    /// Defines a function of a foreign dialect, if the module imports it.
    ///
    /// Group and base cost are checked before `function` runs.
    pub fn define<F>(
        &mut self,
        (module, name): (&str, &str),
        ty: FunctionType,
        (group, cost): (Group, Cost),
        function: F,
    ) where
        F: Fn(&mut Context<'_>, &[Value]) -> Result<Vec<Value>, Exit> + Send + Sync + 'static,
    {
        if !self.wants(module, name) {
            return;
        }
        let run = move |mut env: FunctionEnvMut<'_, Env>, args: &[Value]| {
            // SAFETY: wasmer calls this closure as a host function of the
            // instance that the environment belongs to.
            let mut context = unsafe { env.data_mut().context(cost) };
            let run = context
                .permit(group)
                .and_then(|()| context.charge(cost.base))
                .and_then(|()| function(&mut context, args));
            run.map_err(|exit| wasmer::RuntimeError::user(Box::new(exit)))
        };
        let function = Function::new_with_env(self.store, self.env, ty, run);
        self.imports
            .define(module, name, Extern::Function(function));
    }

    /// Defines what a module calls that tells when its functions begin and end.
    pub(crate) fn tell(&mut self, told: &Arc<Told>) {
        let begins = Arc::clone(told);
        let enter = move |env: FunctionEnvMut<'_, Env>, function: u32, counter: i64| {
            let Some(read) = begins.of(function) else {
                return;
            };
            observe(
                env,
                &Step::FunctionEntered {
                    function,
                    gas_left: heard(read, counter),
                    prepaid: read.prepaid,
                },
            );
        };
        let ends = Arc::clone(told);
        let exit = move |env: FunctionEnvMut<'_, Env>, function: u32, counter: i64| {
            let Some(read) = ends.of(function) else {
                return;
            };
            let gas_left = heard(read, counter);
            observe(env, &Step::FunctionLeft { function, gas_left });
        };
        let enter = Function::new_typed_with_env(self.store, self.env, enter);
        let exit = Function::new_typed_with_env(self.store, self.env, exit);
        for (name, function) in [(names::ENTER, enter), (names::EXIT, exit)] {
            self.imports.define(names::PROFILE, name, function);
        }
    }

    /// Defines a function of the native table, if the module imports it.
    pub(crate) fn native(&mut self, function: HostFunction) {
        let name = function.spec().name;
        if self.wants(hull_host_api::IMPORT_MODULE, name) {
            let function = native_function(self.store, self.env, function);
            self.imports
                .define(hull_host_api::IMPORT_MODULE, name, function);
        }
    }
}

/// The counter that a function tells, if it knows it. Below zero it is about to
/// end the frame.
fn heard(function: &ProfiledFunction, counter: i64) -> Option<Gas> {
    (!function.quiet).then(|| u64::try_from(counter).unwrap_or(0))
}

fn observe(mut env: FunctionEnvMut<'_, Env>, step: &Step<'_>) {
    // SAFETY: only the closures of `tell` call this, as host functions of the
    // instance that the environment belongs to.
    let context = unsafe { env.data_mut().context(NO_COST) };
    context.session.observe(step);
}

/// Stands in until the schedule has been asked.
const NO_COST: Cost = Cost {
    base: 0,
    per_byte: 0,
};

/// One crossing: 1. find the session, 2. capability and read-only, 3. base
/// charge, 4. the function itself, which charges for bytes before it copies.
fn cross<T>(
    mut env: FunctionEnvMut<'_, Env>,
    function: HostFunction,
    run: impl FnOnce(&mut Context<'_>) -> Result<T, Exit>,
) -> Result<T, Exit> {
    // SAFETY: only the closures below call this, as host functions of the
    // instance that the environment belongs to.
    let mut context = unsafe { env.data_mut().context(NO_COST) };
    if context.session.observer.is_some() {
        return watch(&mut context, function, run);
    }
    perform(&mut context, function, run)
}

fn perform<T>(
    context: &mut Context<'_>,
    function: HostFunction,
    run: impl FnOnce(&mut Context<'_>) -> Result<T, Exit>,
) -> Result<T, Exit> {
    context.cost = function.cost(context.session.vm.schedule_version());
    let spec = function.spec();
    context.permit(spec.group)?;
    if spec.writes {
        context.permit_write()?;
    }
    context.charge(context.cost.base)?;
    run(context)
}

#[cold]
fn watch<T>(
    context: &mut Context<'_>,
    function: HostFunction,
    run: impl FnOnce(&mut Context<'_>) -> Result<T, Exit>,
) -> Result<T, Exit> {
    let gas_left = context.gas_left();
    context
        .session
        .observe(&Step::HostCalled { function, gas_left });
    let result = perform(context, function, run);
    let gas_left = context.gas_left();
    context
        .session
        .observe(&Step::HostReturned { function, gas_left });
    result
}

macro_rules! result {
    () => {
        ()
    };
    (never) => {
        ()
    };
    ($ty:ident) => {
        $ty
    };
}

macro_rules! define_native {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident ( $($arg:ident : $ty:ident),* ) $(-> $ret:ident)?
        [$group:ident, $access:ident, $base:literal, $per_byte:literal];
    )*) => {
        fn native_function(
            store: &mut Store,
            env: &FunctionEnv<Env>,
            function: HostFunction,
        ) -> Function {
            match function {
                $(
                    HostFunction::$name => Function::new_typed_with_env(
                        store,
                        env,
                        |env: FunctionEnvMut<'_, Env>, $($arg: $ty),*| -> Result<result!($($ret)?), Exit> {
                            cross(env, HostFunction::$name, |context| {
                                native::$name(context, $($arg),*)
                            })
                        },
                    ),
                )*
            }
        }
    };
}

for_each_host_function!(define_native);
