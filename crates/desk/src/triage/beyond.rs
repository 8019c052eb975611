//! Looks at open alerts whose clock is over: nothing follows them any more, and strong matches keep coming.

use std::collections::HashMap;

use hikeshi_domain::AlertId;
use hikeshi_domain::alert::Alert;
use hikeshi_record::{Change, Context, Job, Stored};
use jiff::{SignedDuration, Timestamp};

use super::run::{FOLLOW_QUEUE, TriageJob};
use crate::desk::Desk;
use crate::error::{Error, Result};

/// Between two looks at one alert: a program that trips a rule every second does not take the desk's time.
const PAUSE: SignedDuration = SignedDuration::from_mins(8);

/// Looks that were asked for lately, and when they are due. A start forgets them: a look more does no harm.
#[derive(Default)]
pub(super) struct Asked(HashMap<AlertId, Timestamp>);

impl Asked {
    /// Asks for a look at the alert, if it is open and was judged, and its clock is over.
    pub(super) async fn look(&mut self, desk: &Desk, context: &Context, alert: Option<&Stored<Alert>>) -> Result<()> {
        let now = desk.now();
        let over = |alert: &&Stored<Alert>| now >= alert.due_at && alert.verdict.is_some() && !alert.state.is_closed();
        let Some(alert) = alert.filter(over) else { return Ok(()) };
        let Some(due) = self.next(alert.id, now)? else { return Ok(()) };
        let look = Job::new(FOLLOW_QUEUE, &TriageJob::later(alert.id)).not_before(due);
        desk.store.change(context, Change::new("triage.wait", "").enqueue(look)).await?;
        self.0.insert(alert.id, due);
        Ok(())
    }

    /// When the next look is due; `None` where one is to come that will see what is here now.
    fn next(&mut self, alert: AlertId, now: Timestamp) -> Result<Option<Timestamp>> {
        let recent = now.checked_sub(PAUSE).map_err(Error::internal)?;
        self.0.retain(|_, due| *due > recent);
        match self.0.get(&alert) {
            Some(due) if *due > now => Ok(None),
            Some(due) => due.checked_add(PAUSE).map(Some).map_err(Error::internal),
            None => Ok(Some(now)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_never_rests_is_looked_at_now_and_then() {
        let mut asked = Asked::default();
        let at = |minute: i64| Timestamp::from_second(minute * 60).unwrap();
        let alert = AlertId(uuid::Uuid::nil());
        let mut next = |minute| {
            let due = asked.next(alert, at(minute)).unwrap();
            due.inspect(|due| {
                asked.0.insert(alert, *due);
            })
        };
        assert_eq!(next(10), Some(at(10)), "now");
        assert_eq!(next(11), Some(at(18)), "when the pause is over");
        assert_eq!((next(12), next(17)), (None, None), "that one will see it");
        assert_eq!(next(18), Some(at(26)));
        assert_eq!(next(60), Some(at(60)));
    }
}
