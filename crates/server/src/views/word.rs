//! The closed lists of words in the API document, so that a client's types know them.
//!
//! What is sent is the domain's own word; these types only describe it and are never made. The test holds them to the domain.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// Describes enumerations of words, each under its own name.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident [$($word:literal)+])*) => {$(
        $(#[$doc])*
        pub(crate) enum $name {}

        impl $name {
            const WORDS: &'static [&'static str] = &[$($word),+];
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new().schema_type(Type::String).enum_values(Some($name::WORDS.iter().copied())).into()
            }
        }

        impl ToSchema for $name {}
    )*};
}

words! {
    /// The grade of an alert.
    Verdict ["black" "grey" "white"]
    /// A language that the desk writes.
    Language ["ja" "en"]
    /// What a person or a key may do.
    Role ["operator" "incident_lead" "analyst" "reader" "sensor"]
    /// The type of an incident (類型).
    IncidentType ["A-1" "A-2" "B-1" "B-2" "C-1"]
    /// A response flow.
    Flow ["record" "prevent" "handle" "disclose" "external-help"]
    /// Whether an endpoint's protection blocks.
    BlockMode ["block" "non_block" "unknown"]
    /// How something reached the desk.
    Channel ["hotline" "mail" "form" "in_person"]
    /// The kind of service that is asked for.
    ServiceKind ["emergency" "proactive" "inquiry"]
    /// How pressing a contact has declared a request to be.
    Priority ["normal" "urgent" "emergency"]
    /// Urgent or not, as the form says; it raises no priority by itself.
    FormUrgency ["urgent" "non_urgent"]
    /// How the threat stands.
    ThreatState ["ongoing" "contained" "future"]
    /// The order in which people are assigned.
    Rank ["retainer_emergency" "retainer_proactive" "on_demand"]
    /// Where a request stands.
    RequestState ["open" "taken" "ended"]
    /// What became of a request.
    Outcome ["handled" "no_incident" "declined" "out_of_scope" "duplicate"]
    /// How it was made sure who speaks.
    Proof ["call_back" "agreed_word" "signed_mail"]
    /// What is due.
    Duty ["flash_report" "commentary_report" "grey_reply" "first_answer" "on_site" "inquiry_answer"]
    /// Who set a clock's rule.
    ClockSource ["contract" "promise" "law"]
    /// How a clock stands.
    ClockStanding ["running" "pressing" "paused" "overdue" "met" "missed" "uncounted"]
    /// What is done to a clock.
    ClockAct ["start" "pause" "resume" "rebase" "stop"]
    /// What kind of source raised an alert.
    SourceKind ["network" "endpoint" "device"]
    /// What the product did.
    Action ["blocked" "detected" "quarantined" "deleted"]
    /// What somebody was asked about an alert.
    AlertQuestion ["on_purpose" "announced"]
    /// What was said.
    Said ["yes" "no" "does_not_know"]
    /// Which way a telling of a detection came.
    Way ["sent" "read"]
    /// Where an alert stands.
    AlertStateName ["received" "reported" "repeat" "harmless" "closed"]
    /// Whether the clock of the flash report was met.
    Target ["met" "missed" "running" "none"]
    /// How far a case has come.
    CaseState ["to_judge" "handling" "closed"]
    /// Where a person stands.
    PersonState ["invited" "active" "disabled"]
    /// What became of a mail with a link.
    Mailed ["sent" "no_server" "failed"]
    /// Where a mail of the outbox stands.
    MessageState ["held" "queued" "sent" "failed"]
    /// How the connection to the mail server is protected.
    MailSecurity ["tls" "starttls" "plain"]
    /// Whom a report may reach: the Traffic Light Protocol 2.0.
    Tlp ["TLP:CLEAR" "TLP:GREEN" "TLP:AMBER" "TLP:AMBER+STRICT" "TLP:RED"]
    /// One of the eight sections.
    SectionKind ["origin" "process_chain" "processes_started" "files_written" "registry_edited" "files_read" "network" "file_attributes"]
    /// Whether a section holds something, and if not, why.
    SectionState ["found" "nothing" "not_collected"]
    /// From what a process is known.
    NodeOrigin ["recorded" "from_child" "from_activity"]
    /// How one process led to another beside starting it.
    LinkKind ["remote_thread" "wrote_image" "service" "task" "wmi"]
    /// What an exception excuses.
    ExceptionKind ["hash" "signer" "path" "behaviour"]
    /// Whether an exception weighs.
    Effect ["registered" "in_effect" "ended"]
    /// What a reference list says of its entries.
    ListKind ["bad" "good"]
    /// How far the search of the past for a list is.
    SearchState ["searching" "raising" "done" "ended"]
    /// What a job does that was given up.
    Queue ["triage" "triage-follow" "triage-relook" "triage-list" "list-past" "full-list" "case-propose" "mail"]
    /// What an alert or a case is called in lists of both.
    WorkKind ["alert" "case"]
    /// What a search finds.
    HitKind ["alert" "case" "endpoint"]
    /// The type of a column of an answer.
    ColumnType ["text" "integer" "number" "boolean" "time" "map"]
}

/// The severity of an incident (深刻度), 1 to 5.
pub(crate) enum Severity {}

impl PartialSchema for Severity {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Integer).enum_values(Some(1..=5_u8)).into()
    }
}

impl ToSchema for Severity {}

#[cfg(test)]
mod tests {
    use hikeshi_domain::tlp;
    use hikeshi_domain::{alert, answer, endpoint, incident, list_search, phrase, role, settings, told, triage, verdict};
    use serde::Serialize;

    use super::*;

    fn check<T: Serialize>(described: &[&str], sent: impl IntoIterator<Item = T>) {
        let sent: Vec<String> = sent.into_iter().map(|value| serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()).collect();
        assert_eq!(sent, described);
    }

    #[test]
    fn the_words_described_are_the_words_sent() {
        check(AlertQuestion::WORDS, answer::Question::ALL);
        check(Said::WORDS, answer::Said::ALL);
        check(Verdict::WORDS, [verdict::Verdict::Black, verdict::Verdict::Grey, verdict::Verdict::White]);
        check(Language::WORDS, [phrase::Language::Ja, phrase::Language::En]);
        check(Role::WORDS, role::Role::ALL);
        check(IncidentType::WORDS, incident::IncidentType::ALL.map(|incident_type| incident_type.name()));
        check(Flow::WORDS, incident::ResponseFlow::ALL.map(|flow| flow.name()));
        check(BlockMode::WORDS, [endpoint::BlockMode::Block, endpoint::BlockMode::NonBlock, endpoint::BlockMode::Unknown]);
        check(SourceKind::WORDS, [alert::SourceKind::Network, alert::SourceKind::Endpoint, alert::SourceKind::Device]);
        check(Action::WORDS, [alert::Action::Blocked, alert::Action::Detected, alert::Action::Quarantined, alert::Action::Deleted]);
        {
            use list_search::SearchState::{Done, Ended, Raising, Searching};
            check(SearchState::WORDS, [Searching, Raising, Done, Ended]);
        }
        {
            use hikeshi_domain::{clock, request};
            use request::{Channel as From, Outcome as End, Priority as How, Proof as By, Rank as At, RequestState as Is};
            check(Channel::WORDS, [From::Hotline, From::Mail, From::Form, From::InPerson]);
            check(ServiceKind::WORDS, request::ServiceKind::ALL);
            check(Priority::WORDS, [How::Normal, How::Urgent, How::Emergency]);
            check(FormUrgency::WORDS, [request::Urgency::Urgent, request::Urgency::NonUrgent]);
            check(ThreatState::WORDS, [request::ThreatState::Ongoing, request::ThreatState::Contained, request::ThreatState::Future]);
            check(Rank::WORDS, [At::RetainerEmergency, At::RetainerProactive, At::OnDemand]);
            check(RequestState::WORDS, [Is::Open, Is::Taken, Is::Ended]);
            check(Outcome::WORDS, [End::Handled, End::NoIncident, End::Declined, End::OutOfScope, End::Duplicate]);
            check(Proof::WORDS, [By::CallBack, By::AgreedWord, By::SignedMail]);
            check(Duty::WORDS, clock::Duty::ALL);
            check(ClockSource::WORDS, [clock::Source::Contract, clock::Source::Promise, clock::Source::Law]);
            use clock::Standing::{Met, Missed, Overdue, Paused, Pressing, Running, Uncounted};
            check(ClockStanding::WORDS, [Running, Pressing, Paused, Overdue, Met, Missed, Uncounted]);
        }
        check(Queue::WORDS, hikeshi_desk::job::QUEUES);
        check(Way::WORDS, [told::Way::Sent, told::Way::Read]);
        check(MailSecurity::WORDS, [settings::MailSecurity::Tls, settings::MailSecurity::Starttls, settings::MailSecurity::Plain]);
        check(Tlp::WORDS, [tlp::Tlp::Clear, tlp::Tlp::Green, tlp::Tlp::Amber, tlp::Tlp::AmberStrict, tlp::Tlp::Red]);
        check(SectionKind::WORDS, triage::SectionKind::ALL.map(|kind| kind.name()));
        check(SectionState::WORDS, [triage::SectionState::Found, triage::SectionState::Nothing, triage::SectionState::NotCollected]);
        check(NodeOrigin::WORDS, [triage::NodeOrigin::Recorded, triage::NodeOrigin::FromChild, triage::NodeOrigin::FromActivity]);
    }
}
