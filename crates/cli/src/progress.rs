//! Progress bars of long work: on a terminal only. In a pipe nothing is drawn, so that the error stream stays lines.

use std::io::IsTerminal as _;
use std::time::Duration;

use hikeshi_record::{Reached, Stage};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Work that ends sooner needs no sign that it goes on.
const SOON: Duration = Duration::from_millis(500);
const TICK: Duration = Duration::from_millis(120);

/// A bar on the error stream, over so much work, in the shape of the template.
pub(crate) fn bar(of: u64, template: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    ProgressBar::with_draw_target(Some(of), ProgressDrawTarget::stderr()).with_style(style(template))
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// A bar over work on the record, which comes in stages.
pub(crate) fn of_record() -> (ProgressBar, impl Fn(Reached) + Send + Sync + 'static) {
    let bar = bar(0, "{msg:12} {wide_bar} {bytes}/{total_bytes} {eta}");
    let shown = bar.clone();
    let told = move |step: Reached| {
        let (word, template) = match step.stage {
            Stage::Copying => ("copying", "{msg:12} {wide_bar} {bytes}/{total_bytes} {eta}"),
            Stage::Hashing => ("hashing", "{msg:12} {wide_bar} {bytes}/{total_bytes} {eta}"),
            Stage::Restoring => ("restoring", "{msg:12} {wide_bar} {bytes}/{total_bytes} {eta}"),
            Stage::Verifying => ("verifying", "{msg:12} {wide_bar} {human_pos}/{human_len} versions {eta}"),
        };
        if shown.message() != word {
            shown.set_style(style(template));
            shown.set_message(word);
            shown.reset();
        }
        shown.set_length(step.of);
        shown.set_position(step.done);
    };
    (bar, told)
}

/// Waits for work of which nobody knows how long it takes; where it takes long, something moves meanwhile.
pub(crate) async fn waited<T>(word: &'static str, work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    if let Ok(done) = tokio::time::timeout(SOON, work.as_mut()).await {
        return done;
    }
    let bar = bar(0, "{spinner} {msg} {elapsed}");
    bar.set_message(word);
    bar.enable_steady_tick(TICK);
    let done = work.await;
    bar.finish_and_clear();
    done
}
