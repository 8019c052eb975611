//! Whether a text reports an attack under way: clause by clause, with its negations, its tenses and what is only imagined.

use super::book::Attack;
use super::fold::{folded, has_word};

/// The most text that is looked at.
const MOST: usize = 100_000;

/// Whether any clause of the text reports it.
pub(crate) fn is_under_way(lines: &[String], words: &Attack) -> bool {
    sentences(lines).iter().any(|sentence| {
        // What is imagined or over holds for the whole sentence, unless a later clause turns against it.
        clauses(sentence).iter().any(|clause| reports(clause, words))
    })
}

fn reports(clause: &str, words: &Attack) -> bool {
    if found(clause, &words.not) || found(clause, &words.unreal) {
        return false;
    }
    let under = found(clause, &words.under);
    let now = found(clause, &words.attack) && found(clause, &words.now);
    if found(clause, &words.over) && !still(clause) {
        return false;
    }
    under || now
}

/// An attack that began last week and goes on is no old one.
fn still(clause: &str) -> bool {
    ["still", "continu", "ongoing", "依然", "続いて", "続けて", "継続", "いまだ"].iter().any(|word| clause.contains(word))
}

/// Words that begin with a letter of ASCII stand at the start of a word; their endings may differ (`attacks`, `encrypted`).
fn found(clause: &str, words: &[String]) -> bool {
    words.iter().any(|word| {
        if !word.starts_with(|letter: char| letter.is_ascii_alphanumeric()) {
            return clause.contains(word.as_str());
        }
        clause.match_indices(word.as_str()).any(|(at, _)| {
            let before = clause.get(..at).and_then(|before| before.chars().next_back());
            !before.is_some_and(|letter| letter.is_ascii_alphanumeric()) && (word.len() > 4 || has_word(clause, std::slice::from_ref(word)))
        })
    })
}

/// Sentences; lines that were only broken to be sent are joined.
fn sentences(lines: &[String]) -> Vec<String> {
    let mut sentences = Vec::new();
    let mut held = String::new();
    let (mut read, mut last_width) = (0, 0);
    for line in lines {
        read += line.len();
        if read > MOST {
            break;
        }
        let line = folded(line.trim());
        let in_latin = held.ends_with(|letter: char| letter.is_ascii_alphanumeric() || letter == ',');
        let goes_on =
            last_width >= 50 || held.ends_with(['、', ',']) || in_latin && line.starts_with(|letter: char| letter.is_ascii_alphabetic());
        if !goes_on || line.is_empty() || line.starts_with(['-', '*', '・', '■', '●', '[', '【']) {
            sentences.extend(split(&held));
            held.clear();
        }
        if in_latin && !held.is_empty() {
            held.push(' ');
        }
        held.push_str(&line);
        last_width = width(&line);
    }
    sentences.extend(split(&held));
    sentences
}

fn width(line: &str) -> usize {
    line.chars().map(|letter| if letter.is_ascii() { 1 } else { 2 }).sum()
}

fn split(text: &str) -> Vec<String> {
    let mut sentences = vec![String::new()];
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let ends = match letter {
            '。' | '!' | '?' | ';' => true,
            '.' => letters.peek().is_none_or(|next| next.is_whitespace()),
            _ => false,
        };
        match sentences.last_mut() {
            Some(sentence) if !ends => sentence.push(letter),
            _ => sentences.push(String::new()),
        }
    }
    sentences.retain(|sentence| !sentence.trim().is_empty());
    sentences
}

/// Parts of a sentence that may say opposite things.
fn clauses(sentence: &str) -> Vec<String> {
    let mut text = sentence.to_owned();
    for turn in [" but ", " however", " although ", " though ", " yet ", " while ", " whereas ", " and ", ", "] {
        text = text.replace(turn, "\n");
    }
    for turn in ["が、", "ものの、", "ものの", "けれども", "けれど", "しかし", "一方で", "一方", "ですが"] {
        text = text.replace(turn, "\n");
    }
    text.lines().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use hikeshi_domain::playbook::Files;

    use super::super::book::Book;
    use super::*;

    fn check(expected: bool, texts: &[&str]) {
        let book = Book::load(&Files::shipped()).unwrap();
        for text in texts {
            let lines: Vec<String> = text.lines().map(str::to_owned).collect();
            assert_eq!(is_under_way(&lines, &book.attack), expected, "{text}");
        }
    }

    // covers: S0-33
    #[test]
    fn an_attack_under_way_is_seen() {
        check(
            true,
            &[
                "We are under attack.",
                "Ransomware is spreading through our network right now",
                "The attackers are still inside our network.",
                "Files are being encrypted as we speak.",
                "An attack is currently under way against our web shop.",
                "We have isolated one server, but the attack is still ongoing.",
                "We do not know how they got in, but data is being exfiltrated.",
                "It began last week and the intrusion is still ongoing",
                "A DDoS attack against our portal\ncontinues.",
                "We think we may be under attack.",
                "現在、DDoS攻撃を受けています。",
                "ランサムウェアに感染しており、今も暗号化が進行中です。",
                "不正アクセスが続いています。",
                "サーバーを隔離しましたが、攻撃は現在も続いています。",
                "ファイルが次々と暗号化されています",
                "外部への不審な通信が止まりません。",
                "攻撃者は依然として社内ネットワークに侵入しています。",
                "先週から始まった攻撃が現在も続いています。",
                "Ｗｅｂサイトが攻撃されています",
                "当社のサーバーに対する大規模な不正アクセスが本日の未明から確認されておりまして、\n現在も継続しています。",
            ],
        );
    }

    // covers: S0-33
    #[test]
    fn no_attack_is_made_of_a_denial_a_memory_or_a_drill() {
        check(
            false,
            &[
                "No attack is under way.",
                "There is no ongoing attack at the moment.",
                "We are not under attack.",
                "We are not currently under attack, this is about a drill.",
                "There is no evidence that malware is still active.",
                "The attack has stopped and the malware was contained.",
                "Last year we were hit by ransomware.",
                "What should we do if we are under attack?",
                "We plan a tabletop exercise in which ransomware is spreading.",
                "We are currently reviewing our contract.",
                "Please send the report on ongoing attacks.",
                "現在、被害は確認されていません。",
                "攻撃を受けているわけではありません。",
                "攻撃は収束しました。",
                "攻撃を受けている場合の連絡先を教えてください。",
                "昨年、ランサムウェアの攻撃を受けました。",
                "現在、攻撃は発生しておりません。",
                "不正アクセスの形跡はありません。",
                "ランサムウェア攻撃が続いているとの想定で訓練を行います。",
                "現在、契約内容を確認しています。",
                "マルウェアは駆除済みで、現在も問題ありません。",
                "感染は確認されておりません。",
            ],
        );
    }
}
