//! The wall around system calls, by seccomp.
//!
//! A worker has a list of calls that it may make, each bound to its own descriptors. A tool has a list of calls that it may
//! not make: it opens files and draws on a terminal, and what files it may open is Landlock's business.

use std::collections::BTreeMap;
use std::os::fd::{AsRawFd as _, BorrowedFd};

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, TargetArch, apply_filter,
};

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Calls without a name in them: memory, threads, clocks.
const PLAIN: &[i64] = &[
    libc::SYS_brk,
    libc::SYS_clock_gettime,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_futex,
    libc::SYS_getpid,
    libc::SYS_getrandom,
    libc::SYS_gettid,
    libc::SYS_madvise,
    libc::SYS_munmap,
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_set_robust_list,
    libc::SYS_sigaltstack,
];

/// Calls that a command has no use for: other machines, other programs, the kernel itself.
const REACHING_OUT: &[i64] = &[
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_add_key,
    libc::SYS_bind,
    libc::SYS_bpf,
    libc::SYS_chroot,
    libc::SYS_connect,
    libc::SYS_delete_module,
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_fanotify_init,
    libc::SYS_finit_module,
    libc::SYS_init_module,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_io_uring_setup,
    libc::SYS_kcmp,
    libc::SYS_kexec_file_load,
    libc::SYS_kexec_load,
    libc::SYS_keyctl,
    libc::SYS_listen,
    libc::SYS_mount,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_open_by_handle_at,
    libc::SYS_open_tree,
    libc::SYS_perf_event_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_send_signal,
    libc::SYS_pivot_root,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_ptrace,
    libc::SYS_reboot,
    libc::SYS_recvfrom,
    libc::SYS_recvmmsg,
    libc::SYS_recvmsg,
    libc::SYS_request_key,
    libc::SYS_sendmmsg,
    libc::SYS_sendmsg,
    libc::SYS_sendto,
    libc::SYS_setns,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_umount2,
    libc::SYS_unshare,
    libc::SYS_userfaultfd,
];

/// A worker's wall: what is not named answers "not permitted".
pub(crate) fn allow_reading_only(input: BorrowedFd<'_>) -> Result<(), String> {
    let input = u64::from(input.as_raw_fd().unsigned_abs());
    let mut rules: Rules = PLAIN.iter().map(|call| (*call, Vec::new())).collect();
    let own = u64::from(std::process::id());
    let bound = [
        (libc::SYS_read, vec![rule(&[equal(0, input)])?]),
        (libc::SYS_readv, vec![rule(&[equal(0, input)])?]),
        (libc::SYS_pread64, vec![rule(&[equal(0, input)])?]),
        (libc::SYS_lseek, vec![rule(&[equal(0, input)])?]),
        (libc::SYS_fstat, vec![rule(&[equal(0, input)])?]),
        (libc::SYS_write, vec![rule(&[equal(0, 1)])?, rule(&[equal(0, 2)])?]),
        (libc::SYS_writev, vec![rule(&[equal(0, 1)])?, rule(&[equal(0, 2)])?]),
        (libc::SYS_close, vec![rule(&[equal(0, input)])?]),
        // Anonymous memory that is never run.
        (libc::SYS_mmap, vec![rule(&[without(2, libc::PROT_EXEC), equal(4, u64::from(u32::MAX))])?]),
        (libc::SYS_mprotect, vec![rule(&[without(2, libc::PROT_EXEC)])?]),
        (libc::SYS_mremap, Vec::new()),
        // Threads of this process, and none but threads.
        (libc::SYS_clone, vec![rule(&[with(0, libc::CLONE_THREAD | libc::CLONE_VM)])?]),
        // A panic ends in a signal to itself.
        (libc::SYS_tgkill, vec![rule(&[equal(0, own)])?]),
    ];
    rules.extend(bound);
    refuse_clone3()?;
    rules.insert(libc::SYS_clone3, Vec::new()); // The first filter's answer is to stand: of two refusals the later would.
    install(rules, SeccompAction::Errno(libc::EPERM.unsigned_abs()), SeccompAction::Allow)
}

/// A tool's wall: what is named answers "not permitted".
pub(crate) fn deny_reaching_out() -> Result<(), String> {
    let mut rules: Rules = REACHING_OUT.iter().map(|call| (*call, Vec::new())).collect();
    rules.insert(libc::SYS_clone, vec![rule(&[without(0, libc::CLONE_THREAD)])?]);
    #[cfg(target_arch = "x86_64")]
    rules.extend([libc::SYS_fork, libc::SYS_vfork].map(|call| (call, Vec::new())));
    refuse_clone3()?;
    install(rules, SeccompAction::Allow, SeccompAction::Errno(libc::EPERM.unsigned_abs()))
}

/// The flags of the newer call stand in memory, where no filter sees them. Told that there is no such call, the library falls
/// back to the older one.
fn refuse_clone3() -> Result<(), String> {
    let absent = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
    install(BTreeMap::from([(libc::SYS_clone3, Vec::new())]), SeccompAction::Allow, absent)
}

/// An argument is this number, in its lower half.
fn equal(argument: u8, value: u64) -> (u8, SeccompCmpOp, u64) {
    (argument, SeccompCmpOp::Eq, value)
}

/// None of these bits.
fn without(argument: u8, bits: i32) -> (u8, SeccompCmpOp, u64) {
    (argument, SeccompCmpOp::MaskedEq(u64::from(bits.unsigned_abs())), 0)
}

/// All of these bits.
fn with(argument: u8, bits: i32) -> (u8, SeccompCmpOp, u64) {
    (argument, SeccompCmpOp::MaskedEq(u64::from(bits.unsigned_abs())), u64::from(bits.unsigned_abs()))
}

fn rule(conditions: &[(u8, SeccompCmpOp, u64)]) -> Result<SeccompRule, String> {
    let conditions = conditions
        .iter()
        .map(|(argument, operator, value)| SeccompCondition::new(*argument, SeccompCmpArgLen::Dword, operator.clone(), *value));
    let conditions = conditions.collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
    SeccompRule::new(conditions).map_err(|error| error.to_string())
}

fn install(rules: Rules, otherwise: SeccompAction, named: SeccompAction) -> Result<(), String> {
    let architecture = TargetArch::try_from(std::env::consts::ARCH).map_err(|error| error.to_string())?;
    let filter = SeccompFilter::new(rules, otherwise, named, architecture).map_err(|error| error.to_string())?;
    let program = BpfProgram::try_from(filter).map_err(|error| error.to_string())?;
    apply_filter(&program).map_err(|error| error.to_string())
}
