//! The words of a document: labels of `playbook/phrases/document.yaml`, phrases of other rooms, numbers.

use std::borrow::Cow;

use hikeshi_domain::phrase::{Language, Phrase};
use hikeshi_domain::phrases;

use crate::defang;
use crate::printable::visible;

/// Longest sentence or value shown; the JSON's model holds the whole.
const LONGEST: usize = 1200;
/// Longest value on the first page, which has to be read at once.
const GLANCE: usize = 600;
/// Longest value of the few that are shown whole: the longest command line that Windows' shell takes.
const WHOLE: usize = 8191;

/// Speaks one language.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words {
    pub(crate) language: Language,
}

impl Words {
    /// The label `document.<key>`.
    pub(crate) fn label(self, key: &str) -> String {
        phrases::render(&Phrase::new(format!("document.{key}")), self.language)
    }

    /// The label `document.<key>`, or the key itself where there is no label: a room added a word that we do not know yet.
    pub(crate) fn label_or_key(self, prefix: &str, key: &str) -> String {
        self.known(prefix, key).unwrap_or_else(|| self.foreign(key))
    }

    fn known(self, prefix: &str, key: &str) -> Option<String> {
        let full = format!("document.{prefix}.{key}");
        let known = phrases::in_force().is_ok_and(|shipped| shipped.contains(&full));
        known.then(|| phrases::render(&Phrase::new(full), self.language))
    }

    /// The sentence `document.<key>` with numbers or words of our own in it.
    pub(crate) fn say(self, key: &str, values: &[(&str, String)]) -> String {
        let phrase = Phrase::new(format!("document.{key}"));
        let phrase = values.iter().fold(phrase, |phrase, (name, value)| phrase.with(name, value.clone()));
        phrases::render(&phrase, self.language)
    }

    /// A sentence of another room: its values are foreign text, so they are defanged and made visible first.
    pub(crate) fn phrase(self, phrase: &Phrase) -> String {
        let said = |name: &str, value: &str| match name {
            "tactics" => self.tactics(value),
            _ => self.clip(&defang::said(name, value)).into_owned(),
        };
        let values = phrase.values.iter().map(|(name, value)| (name.clone(), said(name, value)));
        let safe = Phrase { key: phrase.key.clone(), values: values.collect() };
        visible(&phrases::render(&safe, self.language)).into_owned()
    }

    /// ATT&CK's tactics by their names: `initial-access, execution`.
    fn tactics(self, list: &str) -> String {
        let names = list.split(", ").map(|name| self.tactic(name));
        names.collect::<Vec<_>>().join(self.comma())
    }

    /// ATT&CK's tactic by its name, `initial-access`; what is none stays as it is.
    pub(crate) fn tactic(self, name: &str) -> String {
        self.known("tactic", &name.replace(['-', ' '], "_")).unwrap_or_else(|| self.foreign(name))
    }

    /// Foreign text without a name: URLs defanged, hidden characters shown, clipped.
    pub(crate) fn foreign(self, text: &str) -> String {
        self.value("", text)
    }

    /// Foreign text as [`Words::foreign`], shorter.
    pub(crate) fn glance(self, text: &str) -> String {
        visible(&self.clip_at(&defang::detail("", text), GLANCE)).into_owned()
    }

    /// Foreign text as [`Words::foreign`], shown whole.
    pub(crate) fn whole(self, text: &str) -> String {
        visible(&self.clip_at(&defang::detail("", text), WHOLE)).into_owned()
    }

    /// The value of a named field: as [`Words::foreign`], and network names defanged by the field's name.
    pub(crate) fn value(self, name: &str, text: &str) -> String {
        visible(&self.clip(&defang::detail(name, text))).into_owned()
    }

    /// At most [`LONGEST`] characters, with how many are left out.
    fn clip(self, text: &str) -> Cow<'_, str> {
        self.clip_at(text, LONGEST)
    }

    fn clip_at(self, text: &str, longest: usize) -> Cow<'_, str> {
        match text.char_indices().nth(longest) {
            None => Cow::Owned(text.to_owned()),
            Some((end, _)) => {
                let (kept, rest) = text.split_at(end);
                let rest = self.number(rest.chars().count());
                Cow::Owned(format!("{kept}{}", self.say("clipped", &[("count", rest)])))
            }
        }
    }

    /// A count with thousands apart.
    pub(crate) fn number(self, count: usize) -> String {
        let digits = count.to_string();
        let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        grouped
    }

    /// Points with their sign: `+35`, `−15` (a true minus).
    pub(crate) fn points(self, points: i32) -> String {
        if points < 0 { format!("−{}", points.unsigned_abs()) } else { format!("+{points}") }
    }

    /// Between items of a list in one line.
    pub(crate) const fn comma(self) -> &'static str {
        match self.language {
            Language::Ja => "、",
            Language::En => ", ",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_points() {
        let words = Words { language: Language::Ja };
        assert_eq!(words.number(7), "7");
        assert_eq!(words.number(1000), "1,000");
        assert_eq!(words.number(1_234_567), "1,234,567");
        assert_eq!(words.points(35), "+35");
        assert_eq!(words.points(-15), "−15");
    }

    #[test]
    fn long_values_are_clipped_with_a_count() {
        let words = Words { language: Language::En };
        let shown = words.foreign(&"あ".repeat(5000));
        assert!(shown.starts_with(&"あ".repeat(LONGEST)));
        assert!(shown.ends_with("… (3,800 more characters; the JSON holds all)"), "{shown}");
    }
}
