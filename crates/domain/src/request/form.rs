//! What is asked, item by item: the same for a call sheet, a mail and the ticket form (S0-73 … S0-86).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The kind of service that is asked for (S0-79, S0-31).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceKind {
    /// 緊急インシデント対応.
    Emergency,
    /// 事前対応.
    Proactive,
    /// 問い合わせ: a question, nothing to be done.
    Inquiry,
}

impl ServiceKind {
    /// All.
    pub const ALL: [ServiceKind; 3] = [ServiceKind::Emergency, ServiceKind::Proactive, ServiceKind::Inquiry];

    /// The word in JSON, URL and index.
    pub const fn name(self) -> &'static str {
        match self {
            ServiceKind::Emergency => "emergency",
            ServiceKind::Proactive => "proactive",
            ServiceKind::Inquiry => "inquiry",
        }
    }
}

/// Urgent or not, as the form says (S0-84). It raises no priority by itself: a contact who says so does (S0-55).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// 緊急.
    Urgent,
    /// 通常.
    NonUrgent,
}

/// How the threat stands (S0-82).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThreatState {
    /// 発生中.
    Ongoing,
    /// 封じ込め済み.
    Contained,
    /// 将来的な脅威.
    Future,
}

/// An affected place (S0-74).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Site {
    /// As it was written or said.
    pub raw: String,
    /// 市区町村.
    pub city: Option<String>,
    /// 都道府県・州.
    pub state: Option<String>,
    /// 国.
    pub country: Option<String>,
}

/// Whom to answer (S0-75 … S0-78).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ContactItem {
    /// 担当者氏名.
    pub name: Option<String>,
    /// 主電話番号.
    pub phone_primary: Option<String>,
    /// 副電話番号.
    pub phone_secondary: Option<String>,
    /// メールアドレス.
    pub email: Option<String>,
}

/// When the scoping call is wished (S0-85).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScopingWish {
    /// As it was written or said.
    pub raw: String,
    /// The instant, where it names one.
    pub wished: Option<Timestamp>,
    /// The zone that was meant: IANA name or offset.
    pub tz: Option<String>,
}

/// The items of a request. Every one may be missing (S0-36).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RequestForm {
    /// 組織名, as it was written.
    pub organization: Option<String>,
    /// 影響を受けた組織拠点.
    pub sites: Vec<Site>,
    /// 担当者.
    pub contact: ContactItem,
    /// サービスの種別.
    pub service: Option<ServiceKind>,
    /// 緊急度.
    pub urgency: Option<Urgency>,
    /// 現在の状況, for an emergency.
    pub state: Option<ThreatState>,
    /// 脅威インジケーター, for an emergency (S0-81).
    pub indicators: Option<String>,
    /// 業務への影響, for an emergency (S0-83).
    pub business_impact: Option<String>,
    /// リクエスト内容 (S0-80).
    pub request: Option<String>,
    /// スコーピングコール希望日時.
    pub scoping_call: Option<ScopingWish>,
}

impl RequestForm {
    /// The items that are missing, in the form's order. Those of an emergency count where one is asked for, or has been declared.
    pub fn missing(&self, emergency: bool) -> Vec<&'static str> {
        let said = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.trim().is_empty());
        let emergency = emergency || self.service == Some(ServiceKind::Emergency);
        let items = [
            ("organization", said(&self.organization)),
            ("sites", !self.sites.is_empty()),
            ("contact.name", said(&self.contact.name)),
            ("contact.phone_primary", said(&self.contact.phone_primary)),
            ("contact.phone_secondary", said(&self.contact.phone_secondary)),
            ("contact.email", said(&self.contact.email)),
            ("service", self.service.is_some()),
            ("request", said(&self.request)),
            ("indicators", !emergency || said(&self.indicators)),
            ("state", !emergency || self.state.is_some()),
            ("business_impact", !emergency || said(&self.business_impact)),
            ("urgency", self.urgency.is_some()),
            ("scoping_call", self.scoping_call.as_ref().is_some_and(|wish| !wish.raw.trim().is_empty() || wish.wished.is_some())),
        ];
        items.into_iter().filter(|(_, there)| !there).map(|(key, _)| key).collect()
    }

    /// Without spaces around texts; what is empty is missing.
    #[must_use]
    pub fn trimmed(mut self) -> Self {
        let contact = &mut self.contact;
        let texts = [
            &mut self.organization,
            &mut contact.name,
            &mut contact.phone_primary,
            &mut contact.phone_secondary,
            &mut contact.email,
            &mut self.indicators,
            &mut self.business_impact,
            &mut self.request,
        ];
        for text in texts {
            *text = text.take().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        }
        for site in &mut self.sites {
            let named = [&site.city, &site.state, &site.country].into_iter().flatten().map(|part| part.trim());
            let named = named.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
            site.raw = Some(site.raw.trim()).filter(|raw| !raw.is_empty()).map_or(named, str::to_owned);
        }
        self.sites.retain(|site| !site.raw.is_empty());
        self.scoping_call = self.scoping_call.filter(|wish| wish.wished.is_some() || !wish.raw.trim().is_empty());
        self
    }

    /// The longest text, in characters.
    pub fn longest_text<'a>(&'a self) -> usize {
        let contact = &self.contact;
        let texts = [
            &self.organization,
            &contact.name,
            &contact.phone_primary,
            &contact.phone_secondary,
            &contact.email,
            &self.indicators,
            &self.business_impact,
            &self.request,
        ];
        let parts = |site: &'a Site| [Some(&site.raw), site.city.as_ref(), site.state.as_ref(), site.country.as_ref()];
        let sites = self.sites.iter().flat_map(parts).flatten().map(String::as_str);
        let wish = self.scoping_call.iter().flat_map(|wish| [Some(&wish.raw), wish.tz.as_ref()]).flatten().map(String::as_str);
        texts.into_iter().filter_map(|text| text.as_deref()).chain(sites).chain(wish).map(|text| text.chars().count()).max().unwrap_or(0)
    }

    /// What search finds it by.
    pub(super) fn search_text(&self) -> String {
        let contact = &self.contact;
        let texts = [
            &self.organization,
            &contact.name,
            &contact.phone_primary,
            &contact.phone_secondary,
            &contact.email,
            &self.request,
            &self.indicators,
            &self.business_impact,
        ];
        let sites = self.sites.iter().map(|site| site.raw.as_str());
        texts.into_iter().filter_map(|text| text.as_deref()).chain(sites).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // covers: S0-36, S0-73, S0-74, S0-75, S0-76, S0-77, S0-78, S0-79, S0-80, S0-81, S0-82, S0-83, S0-84, S0-85
    #[test]
    fn what_is_missing_is_named_in_the_forms_order() {
        let all = [
            "organization",
            "sites",
            "contact.name",
            "contact.phone_primary",
            "contact.phone_secondary",
            "contact.email",
            "service",
            "request",
            "urgency",
            "scoping_call",
        ];
        assert_eq!(RequestForm::default().missing(false), all);
        let emergency = RequestForm { service: Some(ServiceKind::Emergency), ..RequestForm::default() };
        let missing = emergency.missing(false);
        assert!(["indicators", "state", "business_impact"].iter().all(|item| missing.contains(item)), "{missing:?}");
        assert!(RequestForm::default().missing(true).contains(&"business_impact"), "declared by a contact, not by the form");
    }

    /// It was thrown away: nothing stood under `raw`.
    #[test]
    fn a_site_by_its_city_is_a_site() {
        let site = Site { city: Some("大阪".to_owned()), country: Some("JP".to_owned()), ..Site::default() };
        let form = RequestForm { sites: vec![site], ..RequestForm::default() }.trimmed();
        assert_eq!(form.sites[0].raw, "大阪, JP");
    }

    #[test]
    fn spaces_alone_are_missing() {
        let form = RequestForm {
            organization: Some(" \u{3000}".to_owned()),
            sites: vec![Site::default(), Site { city: Some("\u{3000}".to_owned()), ..Site::default() }],
            scoping_call: Some(ScopingWish::default()),
            ..RequestForm::default()
        };
        assert_eq!(form.clone().trimmed(), RequestForm::default());
        assert_eq!(
            form.missing(false),
            RequestForm::default().missing(false).into_iter().filter(|key| *key != "sites").collect::<Vec<_>>()
        );
    }
}
