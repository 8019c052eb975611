//! What headers say of who or what sent a mail: whether a machine did, whether a list did, whether it has been here before.

use serde::{Deserialize, Serialize};

use crate::mail::{Header, Part};

/// The more servers a mail has passed, the likelier that it goes in circles. Sendmail's and Postfix's own bound is 25 and 50.
const MOST_HOPS: usize = 40;

/// Marks of a mail.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Marks {
    /// A machine sent it (RFC 3834, RFC 3464, RFC 8098, and what came before them).
    pub automatic: Option<Automatic>,
    /// It came over a list (RFC 2919, RFC 2369, `Precedence: list`).
    pub list: bool,
    /// It is sent to many (`Precedence: bulk` or `junk`).
    pub bulk: bool,
    /// Whoever sent it wants no automatic answer (`X-Auto-Response-Suppress`).
    pub answers_unwanted: bool,
    /// Values of `X-Loop`.
    pub loops: Vec<String>,
    /// Servers that it passed (`Received`).
    pub hops: usize,
    /// Mailboxes that it was delivered to before (`Delivered-To`, `X-Original-To`).
    pub delivered_to: Vec<String>,
}

/// What kind of machine sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Automatic {
    /// An answer that nobody wrote: absence, receipt.
    Reply,
    /// A report on a mail that was or was not delivered.
    Bounce,
    /// Anything else that a program sent by itself.
    Generated,
}

impl Marks {
    /// Whether an acknowledgement may be sent by itself: to no machine, no list, nobody who asked not to have one, and into no circle.
    /// `own` are the mailboxes of the desk.
    pub fn may_be_answered(&self, own: &[&str]) -> bool {
        let been_here = |mark: &String| own.iter().any(|mailbox| mark.eq_ignore_ascii_case(mailbox));
        let again = self.delivered_to.iter().filter(|mark| been_here(mark)).count() > 1 || self.loops.iter().any(been_here);
        let from_people = self.automatic.is_none() && !self.list && !self.bulk && !self.answers_unwanted;
        from_people && self.hops <= MOST_HOPS && !again
    }
}

/// Reads the marks of a mail.
pub(crate) fn marks(headers: &[Header], subject: &str, parts: &[Part], report: Option<&str>) -> Marks {
    let all =
        |name: &'static str| headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value.trim());
    let word = |name: &'static str| all(name).next().map(str::to_ascii_lowercase);
    let has = |name: &'static str| all(name).next().is_some();
    let precedence = word("Precedence").unwrap_or_default();
    let suppress = word("X-Auto-Response-Suppress").unwrap_or_default();
    Marks {
        automatic: automatic(&word, &has, subject, parts, report),
        list: precedence == "list" || ["List-Id", "List-Unsubscribe", "List-Post", "Mailing-List"].into_iter().any(has),
        bulk: matches!(precedence.as_str(), "bulk" | "junk"),
        answers_unwanted: ["all", "oof", "autoreply"].iter().any(|kind| suppress.split(',').any(|word| word.trim() == *kind)),
        loops: all("X-Loop").take(20).map(str::to_owned).collect(),
        hops: all("Received").count(),
        delivered_to: all("Delivered-To").chain(all("X-Original-To")).take(20).map(str::to_owned).collect(),
    }
}

/// How subjects of automatic answers start, lower case.
const ANSWERS: &[&str] = &[
    "automatic reply",
    "auto-reply",
    "autoreply",
    "auto reply",
    "auto:",
    "out of office",
    "out of the office",
    "on vacation",
    "vacation reply",
    "[auto-reply]",
    "automatische antwort",
    "abwesenheit",
    "réponse automatique",
    "自動応答",
    "【自動応答】",
    "[自動応答]",
    "自動返信",
    "【自動返信】",
    "[自動返信]",
    "不在",
    "【不在",
    "[不在",
    "read:",
    "開封済み",
    "既読",
];
/// How subjects of reports on delivery start, lower case.
const BOUNCES: &[&str] = &[
    "undelivered mail returned",
    "undeliverable",
    "delivery status notification",
    "mail delivery failed",
    "mail delivery failure",
    "delivery failure",
    "failure notice",
    "returned mail",
    "delivery has failed",
    "配信不能",
    "配信できません",
    "配信エラー",
    "送信エラー",
    "不達",
];

fn automatic(
    word: &dyn Fn(&'static str) -> Option<String>,
    has: &dyn Fn(&'static str) -> bool,
    subject: &str,
    parts: &[Part],
    report: Option<&str>,
) -> Option<Automatic> {
    let part = |content_type: &str| parts.iter().any(|part| part.message.is_none() && part.content_type == content_type);
    let subject = subject.to_lowercase();
    let starts = |words: &[&str]| words.iter().any(|word| subject.starts_with(word));
    let submitted = word("Auto-Submitted").unwrap_or_default();
    let submitted = submitted.split(';').next().unwrap_or_default().trim().to_owned();
    let sender = word("From").unwrap_or_default();
    let from_daemon = ["mailer-daemon", "mail delivery s"].iter().any(|name| sender.contains(name));
    let nobody = word("Return-Path").is_some_and(|path| path == "<>");
    if report == Some("delivery-status") || part("message/delivery-status") || part("message/global-delivery-status") || from_daemon {
        return Some(Automatic::Bounce);
    }
    if starts(BOUNCES) && (nobody || !matches!(submitted.as_str(), "" | "no") || sender.contains("postmaster")) {
        return Some(Automatic::Bounce);
    }
    let answered = submitted.starts_with("auto-replied")
        || report == Some("disposition-notification")
        || part("message/disposition-notification")
        || ["X-Autoreply", "X-Autorespond", "X-Auto-Reply", "X-Autoresponder", "X-Vacation", "X-AutoReply-From"].into_iter().any(has)
        || word("Precedence").is_some_and(|word| word.replace('-', "_") == "auto_reply")
        || starts(ANSWERS);
    if answered {
        return Some(Automatic::Reply);
    }
    (nobody || submitted.starts_with("auto-")).then_some(Automatic::Generated)
}
