//! Core dumps: none of this program's, because its memory holds the app secret.

/// Forbids core dumps of this process. Programs that it starts may write theirs.
///
/// On Linux this also keeps other processes of the same user from reading its memory.
pub fn forbid() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        // It fails only for an unknown value.
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
    #[cfg(all(unix, not(target_os = "linux")))]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        // Programs that it starts inherit this, but may raise it again up to the old maximum.
        let maximum = getrlimit(Resource::Core).maximum;
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum });
    }
}
