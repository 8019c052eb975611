//! Waiting for what the desk does a little later: the one place where tests sleep.

use std::time::Duration;

const EVERY: Duration = Duration::from_millis(50);
/// Long enough for a node to look at what another one wrote, on a machine that others share.
const LONGEST: Duration = Duration::from_secs(60);

/// Asks until there is an answer.
pub(crate) async fn until<T>(awaited: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let mut left = LONGEST;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(!left.is_zero(), "not within {LONGEST:?}: {awaited}");
        tokio::time::sleep(EVERY).await;
        left = left.saturating_sub(EVERY);
    }
}
