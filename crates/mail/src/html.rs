//! The text of HTML, without rendering and without fetching: what a reader would see, line by line.
//!
//! Cells of a row stand in one line with tabs between them, quoted blocks have `> ` before their lines. Scripts, styles and what is
//! styled not to be shown give nothing.

/// Elements that start a line.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "br",
    "caption",
    "center",
    "dd",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "nav",
    "ol",
    "option",
    "p",
    "pre",
    "section",
    "table",
    "tbody",
    "tfoot",
    "thead",
    "tr",
    "ul",
];
/// Elements whose content is no text.
const SILENT: &[&str] = &["head", "script", "style", "template", "title", "noscript", "svg", "math", "select", "object", "iframe"];
/// Elements in which nothing but their own end is markup.
const RAW: &[&str] = &["script", "style", "title"];
/// Elements without an end.
const VOID: &[&str] = &["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];
/// Paragraphs: a line stays empty before them.
const PARAGRAPHS: &[&str] = &["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "blockquote", "table"];

/// The text of a page, so many bytes of it.
pub(crate) fn text(html: &str, most: usize) -> String {
    let mut page = Page::default();
    let mut rest = html;
    while !rest.is_empty() && page.out.len() < most {
        let (before, markup) = match rest.find('<') {
            Some(start) => rest.split_at(start),
            None => (rest, ""),
        };
        page.write(before);
        rest = page.markup(markup);
    }
    page.end()
}

#[derive(Default)]
struct Page {
    out: String,
    line: String,
    /// Depth of quoted blocks.
    quoted: usize,
    /// Inside of an element that is not shown: its name, and how many of that name are open.
    silent: Option<(String, usize)>,
    preformatted: usize,
    /// An empty line is due.
    blank: bool,
    /// A quote in a tag never ended: from here on quotes are not heeded, so that no page is read twice.
    quotes_broken: bool,
}

impl Page {
    /// Takes one tag or comment at the start of `markup`; answers what follows.
    fn markup<'h>(&mut self, markup: &'h str) -> &'h str {
        let Some(inside) = markup.strip_prefix('<') else { return "" };
        if let Some(comment) = inside.strip_prefix("!--") {
            return comment.split_once("-->").map_or("", |(_, after)| after);
        }
        let is_tag = inside.starts_with(|letter: char| letter.is_ascii_alphabetic() || matches!(letter, '/' | '!' | '?'));
        if !is_tag {
            self.write("<");
            return inside;
        }
        let whole = if self.quotes_broken { None } else { tag(inside) };
        self.quotes_broken |= whole.is_none();
        let (tag, after) = whole.unwrap_or_else(|| inside.split_once('>').unwrap_or((inside, "")));
        let closing = tag.starts_with('/');
        let tag = tag.trim_start_matches('/');
        let name_end = tag.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(tag.len());
        let (name, attributes) = tag.split_at(name_end);
        let name = name.to_ascii_lowercase();
        if self.silent.is_some() {
            self.inside_silence(&name, closing);
        } else if closing {
            self.close(&name);
        } else {
            if RAW.contains(&name.as_str()) {
                return behind_end(after, &name);
            }
            self.open(&name, attributes);
        }
        after
    }

    fn inside_silence(&mut self, name: &str, closing: bool) {
        let Some((silent, depth)) = &mut self.silent else { return };
        if silent == name {
            *depth = if closing { depth.saturating_sub(1) } else { *depth + 1 };
        }
        // A head that nobody closes ends where the body starts.
        if *depth == 0 || (silent == "head" && name == "body") {
            self.silent = None;
        }
    }

    fn open(&mut self, name: &str, attributes: &str) {
        if !VOID.contains(&name) && (SILENT.contains(&name) || is_hidden(attributes)) {
            self.silent = Some((name.to_owned(), 1));
            return;
        }
        match name {
            "td" | "th" if !self.line.trim().is_empty() => self.line.push('\t'),
            "li" => {
                self.end_line();
                self.line.push_str("- ");
            }
            "hr" => {
                self.end_line();
                self.line.push_str("--------");
                self.end_line();
            }
            _ if BLOCKS.contains(&name) => self.start_block(name),
            _ => {}
        }
        match name {
            "blockquote" => self.quoted = (self.quoted + 1).min(20),
            "pre" => self.preformatted += 1,
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        if BLOCKS.contains(&name) && name != "br" {
            self.start_block(name);
        }
        match name {
            "blockquote" => self.quoted = self.quoted.saturating_sub(1),
            "pre" => self.preformatted = self.preformatted.saturating_sub(1),
            _ => {}
        }
    }

    fn start_block(&mut self, name: &str) {
        let break_of_its_own = name == "br" && self.line.trim().is_empty();
        self.end_line();
        if break_of_its_own || PARAGRAPHS.contains(&name) {
            self.blank = true;
        }
    }

    fn write(&mut self, text: &str) {
        if self.silent.is_some() || text.is_empty() {
            return;
        }
        for letter in unescaped(text).chars() {
            match letter {
                '\n' if self.preformatted > 0 => self.end_line(),
                '\u{200b}'..='\u{200d}' | '\u{ad}' | '\u{feff}' => {}
                // What a page writes as blanks is one blank, but for those that it wants kept.
                letter if letter.is_whitespace() && letter != '\u{3000}' => {
                    if !self.line.is_empty() && !self.line.ends_with([' ', '\t']) {
                        self.line.push(' ');
                    }
                }
                letter => self.line.push(letter),
            }
        }
    }

    fn end_line(&mut self) {
        let line = self.line.trim_end();
        if !line.trim().is_empty() {
            if self.blank && !self.out.is_empty() {
                self.out.push('\n');
            }
            self.out.extend(std::iter::repeat_n("> ", self.quoted));
            self.out.push_str(line);
            self.out.push('\n');
            self.blank = false;
        }
        self.line.clear();
    }

    fn end(mut self) -> String {
        self.end_line();
        self.out
    }
}

/// What follows the end of an element that holds no markup.
fn behind_end<'h>(html: &'h str, name: &str) -> &'h str {
    let mut rest = html;
    while let Some((_, after)) = rest.split_once("</") {
        if after.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name)) {
            return after.split_once('>').map_or("", |(_, after)| after);
        }
        rest = after;
    }
    ""
}

/// The inside of a tag, quotes heeded, and what follows it.
fn tag(inside: &str) -> Option<(&str, &str)> {
    let mut quote = None;
    for (at, letter) in inside.char_indices() {
        match (letter, quote) {
            ('>', None) => return Some((inside.get(..at)?, inside.get(at + 1..)?)),
            ('"' | '\'', None) => quote = Some(letter),
            (letter, Some(open)) if letter == open => quote = None,
            _ => {}
        }
    }
    None
}

fn is_hidden(attributes: &str) -> bool {
    if attributes.is_empty() {
        return false;
    }
    let style: String = attributes.chars().filter(|letter| !letter.is_whitespace()).flat_map(char::to_lowercase).collect();
    ["display:none", "visibility:hidden", "font-size:0px", "font-size:0;", "mso-hide:all"].iter().any(|rule| style.contains(rule))
}

const NAMED: &[(&str, &str)] = &[
    ("amp", "&"),
    ("lt", "<"),
    ("gt", ">"),
    ("quot", "\""),
    ("apos", "'"),
    ("nbsp", " "),
    ("ensp", " "),
    ("emsp", " "),
    ("thinsp", " "),
    ("copy", "©"),
    ("reg", "®"),
    ("trade", "™"),
    ("hellip", "…"),
    ("mdash", "—"),
    ("ndash", "–"),
    ("lsquo", "‘"),
    ("rsquo", "’"),
    ("ldquo", "“"),
    ("rdquo", "”"),
    ("bull", "•"),
    ("middot", "·"),
    ("laquo", "«"),
    ("raquo", "»"),
    ("yen", "¥"),
    ("euro", "€"),
    ("times", "×"),
    ("colon", ":"),
    ("commat", "@"),
    ("rarr", "→"),
    ("zwnj", ""),
    ("zwj", ""),
    ("shy", ""),
    ("auml", "ä"),
    ("ouml", "ö"),
    ("uuml", "ü"),
    ("Auml", "Ä"),
    ("Ouml", "Ö"),
    ("Uuml", "Ü"),
    ("szlig", "ß"),
    ("eacute", "é"),
    ("egrave", "è"),
    ("agrave", "à"),
    ("ccedil", "ç"),
];

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        match entity(after) {
            Some((letters, after)) => {
                out.push_str(&letters);
                rest = after;
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn entity(after: &str) -> Option<(String, &str)> {
    let end = after.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '#').unwrap_or(after.len()).min(12);
    let name = after.get(..end)?;
    let rest = after.get(end..)?;
    let rest = rest.strip_prefix(';').unwrap_or(rest);
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        let letter = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        return Some((letter.to_string(), rest));
    }
    NAMED.iter().find(|(held, _)| *held == name).map(|(_, letters)| ((*letters).to_owned(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(html: &str, expected: &str) {
        assert_eq!(text(html, 10_000), expected, "{html}");
    }

    #[test]
    fn the_text_is_what_a_reader_sees() {
        check("<p>組織名:&nbsp;A &amp; B</p><p>x<br>y</p>", "組織名: A & B\n\nx\ny\n");
        check("<table><tr><th>a</th><td> b\n c</td></tr><tr><td>d</td><td>e</td></tr></table>", "a\tb c\nd\te\n");
        check("<style>p{}</style><script>if (a<b) x</script>t<span style='display: none'>hidden<span>x</span></span>u", "tu\n");
        check("a<blockquote>b<blockquote>c</blockquote></blockquote>d", "a\n\n> b\n\n> > c\n\nd\n");
        check("<head><title>x</title><body>y", "y\n");
        check("a < b <c", "a < b\n");
        check("&#x7d44;&#32340;&#99999999999;&unknown;&", "組織&#99999999999;&unknown;&\n");
        check("<ul><li>one<li>two</ul><pre>a\n b</pre>", "- one\n- two\n\na\nb\n");
        check("<!-- <p>no</p> --><a href=\"x>y\">yes</a>", "yes\n");
    }
}
