//! What a mail asks of the desk: a service request with its items and what is missing of it, an answer, a question, or nothing.

mod attack;
mod book;
mod call;
mod choice;
mod fold;
mod form;
mod kind;
mod language;
mod letter;
mod site;
mod subject;
mod time;
mod zone;

use hikeshi_domain::phrase::Language;
use serde::{Deserialize, Serialize};

pub use book::Book;
pub use call::ScopingCall;
pub use kind::Kind;
pub use site::Site;

use crate::defect::{Defect, DefectKind};
use crate::mail::Mail;
use crate::quote::Voice;
use book::{Choices, Item};
use form::Form;
use letter::Reading;

/// What a mail asks. What it does not say is null, and is named in `missing` where the form asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intake {
    /// What kind of mail it is.
    pub kind: Kind,
    /// The organisation: of the text before that of the subject, as written.
    pub organization: Option<String>,
    /// Places that are affected.
    pub sites: Vec<Site>,
    /// Whom to speak to.
    pub contact: Contact,
    /// Which retained service.
    pub service: Option<Service>,
    /// Whether it is urgent, as declared.
    pub urgency: Option<Urgency>,
    /// How far the incident is.
    pub state: Option<State>,
    /// Indicators of the threat.
    pub indicators: Option<String>,
    /// What it means for the business.
    pub business_impact: Option<String>,
    /// What is asked, in the writer's words.
    pub request: Option<String>,
    /// When the scoping call is wished.
    pub scoping_call: ScopingCall,
    /// Its subject marks it as sensitive: the record is to be restricted at once.
    pub sensitive: bool,
    /// It looks like an emergency, which mail is not the way for: duty staff is to be woken.
    pub emergency_by_mail: bool,
    /// In which language to answer.
    pub language: Language,
    /// Keys of this shape that the form asks for and that are not there.
    pub missing: Vec<String>,
    /// What of the mail could not be read as it stood.
    pub defects: Vec<Defect>,
}

/// A contact person.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Contact {
    /// Name.
    pub name: Option<String>,
    /// First telephone number; digits as in ASCII.
    pub phone_primary: Option<String>,
    /// Second telephone number.
    pub phone_secondary: Option<String>,
    /// Mail address.
    pub email: Option<String>,
}

/// A retained service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// 緊急インシデント対応.
    Emergency,
    /// 事前対応サービス.
    Proactive,
}

/// Urgency as the customer declares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// 緊急.
    Urgent,
    /// 緊急ではない.
    NonUrgent,
}

/// State of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// 発生中.
    Ongoing,
    /// 封じ込め済み.
    Contained,
    /// 将来的な脅威.
    Future,
}

/// Reads what a mail asks. It reads no clock: times are counted from the mail's own date.
pub fn intake(mail: &Mail, book: &Book) -> Intake {
    let subject = subject::read(&mail.subject, book);
    let Reading { form, lines, forwards, forwarded_organization, nested } = letter::reading(mail, &subject, book);
    let mut defects = mail.defects.clone();
    let one_of = |item: Item, choices: &Choices| {
        let found = form.found.iter().filter(|found| found.item == item);
        found.filter_map(|found| choice::choose(&found.paragraph().join("\n"), choices)).next()
    };
    let service = one_of(Item::Service, &book.service).map(|place| if place == 0 { Service::Emergency } else { Service::Proactive });
    let urgency = one_of(Item::Urgency, &book.urgency).map(|place| if place == 0 { Urgency::Urgent } else { Urgency::NonUrgent });
    let state = one_of(Item::State, &book.state).map(|place| match place {
        0 => State::Ongoing,
        1 => State::Contained,
        _ => State::Future,
    });
    let sites = site::sites(&form, book);
    let language = language::language(lines.iter().map(String::as_str).chain([subject.bare.as_str()]), mail.japanese_charset);
    let prose: Vec<String> = form.prose.iter().chain([&subject.bare]).cloned().collect();
    let attacked = !mail.marks.bulk && attack::is_under_way(&prose, &book.attack);
    let facts = kind::Facts { subject: &subject, forwards, nested, items: form.count(), attacked, text: &prose };
    let kind = kind::kind(mail, &facts, book);
    let urgency = urgency.or_else(|| (subject.urgent && kind != Kind::Other).then_some(Urgency::Urgent));
    let speaks = kind != Kind::Other;
    let emergency = service == Some(Service::Emergency) || urgency == Some(Urgency::Urgent) || state == Some(State::Ongoing) || attacked;
    let text = |item: Item| form.value(item, book).map(form::Found::text);
    let mut intake = Intake {
        kind,
        organization: organization(&form, book).or(forwarded_organization).or(subject.organization),
        scoping_call: call::scoping_call(&form, &sites, mail, language, book, &mut defects),
        contact: contact(&form, book),
        service,
        urgency,
        state,
        indicators: text(Item::Indicators),
        business_impact: text(Item::BusinessImpact),
        request: text(Item::Request).or_else(|| unlabelled(&form, kind, &lines)),
        sites,
        sensitive: subject.sensitive,
        emergency_by_mail: speaks && emergency,
        language,
        missing: Vec::new(),
        defects,
    };
    unclear(&form, &mut intake, book);
    intake.missing = missing(&intake);
    intake
}

/// A value was given for a choice, and it is none.
fn unclear(form: &Form, intake: &mut Intake, book: &Book) {
    let open = [
        (Item::Service, "service", intake.service.is_none()),
        (Item::Urgency, "urgency", intake.urgency.is_none()),
        (Item::State, "state", intake.state.is_none()),
    ];
    for (item, place, open) in open {
        if let Some(found) = form.value(item, book).filter(|_| open) {
            let detail = format!("`{}` is none of the choices", found.first().chars().take(100).collect::<String>());
            intake.defects.push(Defect { kind: DefectKind::Item, place: place.to_owned(), detail });
        }
    }
}

fn organization(form: &Form, book: &Book) -> Option<String> {
    form.value(Item::Organization, book).map(|found| found.first().to_owned())
}

fn contact(form: &Form, book: &Book) -> Contact {
    let line = |item: Item| form.value(item, book).map(|found| found.first().to_owned());
    let (mut primary, mut secondary) =
        (line(Item::PhonePrimary).map(|text| phone(&text)), line(Item::PhoneSecondary).map(|text| phone(&text)));
    if let (Some(both), None) = (&primary, &secondary)
        && let Some((first, second)) = two_numbers(both)
    {
        (primary, secondary) = (Some(first), Some(second));
    }
    Contact {
        name: line(Item::Name),
        phone_primary: primary,
        phone_secondary: secondary,
        email: line(Item::Email).map(|text| email(&text)),
    }
}

/// Digits and dashes as in ASCII; a long vowel between digits is a dash.
fn phone(text: &str) -> String {
    let letters: Vec<char> = fold::narrowed(text).chars().collect();
    let is_digit = |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(char::is_ascii_digit);
    let dash = |at: usize| is_digit(at.checked_sub(1)) && is_digit(Some(at + 1));
    letters.iter().enumerate().map(|(at, letter)| if *letter == 'ー' && dash(at) { '-' } else { *letter }).collect()
}

/// `03-… / 090-…` under one label.
fn two_numbers(text: &str) -> Option<(String, String)> {
    let (first, second) = text.split_once([',', '/', '、', ';'])?;
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).count();
    (digits(first) >= 7 && digits(second) >= 7).then(|| (first.trim().to_owned(), second.trim().to_owned()))
}

/// The address in `Name <a@b>`, `<mailto:a@b>` or `a@b (…)`; without one the text as written.
fn email(text: &str) -> String {
    let plain = fold::narrowed(text);
    let word = |part: &str| part.trim_matches(['<', '>', '(', ')', '[', ']', '"', ',', ';', '、']).trim_start_matches("mailto:").to_owned();
    let words = plain.split(|letter: char| letter.is_whitespace() || matches!(letter, '<' | '>' | ';' | ',' | '(' | ')' | '[' | ']'));
    words
        .map(word)
        .find(|word| word.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.len() > 2))
        .unwrap_or_else(|| plain.trim().to_owned())
}

/// A mail that asks in its own words is itself the request.
fn unlabelled(form: &Form, kind: Kind, lines: &[String]) -> Option<String> {
    let whole = lines.join("\n").trim().chars().take(20_000).collect::<String>();
    (form.found.is_empty() && matches!(kind, Kind::ServiceRequest | Kind::Inquiry) && !whole.is_empty()).then_some(whole)
}

/// Which items of the form are not there (S0-36, S0-73 to S0-85). What only an emergency is asked for is missing only of one.
fn missing(intake: &Intake) -> Vec<String> {
    if intake.kind == Kind::Other {
        return Vec::new();
    }
    let emergency = match intake.service {
        Some(service) => service == Service::Emergency,
        None => intake.emergency_by_mail,
    };
    let contact = &intake.contact;
    let items = [
        ("organization", intake.organization.is_none()),
        ("sites", intake.sites.is_empty()),
        ("contact.name", contact.name.is_none()),
        ("contact.phone_primary", contact.phone_primary.is_none()),
        ("contact.phone_secondary", contact.phone_secondary.is_none()),
        ("contact.email", contact.email.is_none()),
        ("service", intake.service.is_none()),
        ("urgency", intake.urgency.is_none()),
        ("state", emergency && intake.state.is_none()),
        ("indicators", emergency && intake.indicators.is_none()),
        ("business_impact", emergency && intake.business_impact.is_none()),
        ("request", intake.request.is_none()),
        ("scoping_call", intake.scoping_call.raw.is_none()),
    ];
    items.into_iter().filter(|(_, absent)| *absent).map(|(key, _)| key.to_owned()).collect()
}

/// The writer's own words, and those that are passed on where there is nothing else.
fn voices(passed_on: bool) -> &'static [Voice] {
    if passed_on { &[Voice::Own, Voice::Forwarded] } else { &[Voice::Own] }
}
