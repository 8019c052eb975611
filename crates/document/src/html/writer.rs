//! Writing HTML so that no text can become markup: names of elements and attributes are literals of the program, every other text
//! passes through one escape.

/// A page being written.
#[derive(Debug, Default)]
pub(crate) struct Markup {
    out: String,
    open: Vec<&'static str>,
}

/// Attributes of an element: literal names, any values.
pub(crate) type Attributes<'a> = &'a [(&'static str, &'a str)];

/// Elements that have no end tag.
const VOID: &[&str] = &["br", "meta"];

impl Markup {
    /// Text of the program itself, written as it is.
    pub(crate) fn literal(&mut self, markup: &'static str) {
        self.out.push_str(markup);
    }

    /// The page's own style. It cannot end its element: `<` is no part of it.
    pub(crate) fn style(&mut self, css: &str) {
        self.literal("<style>");
        self.out.extend(css.chars().filter(|letter| *letter != '<'));
        self.literal("</style>");
    }

    /// Any text, escaped.
    pub(crate) fn text(&mut self, text: &str) {
        escape(text, &mut self.out);
    }

    /// Begins an element; [`Markup::close`] ends it.
    pub(crate) fn open(&mut self, element: &'static str, attributes: Attributes<'_>) {
        self.out.push('<');
        self.out.push_str(element);
        for (name, value) in attributes {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            escape(value, &mut self.out);
            self.out.push('"');
        }
        self.out.push('>');
        if !VOID.contains(&element) {
            self.open.push(element);
        }
    }

    /// Ends the element that was begun last.
    pub(crate) fn close(&mut self) {
        if let Some(element) = self.open.pop() {
            self.out.push_str("</");
            self.out.push_str(element);
            self.out.push('>');
        }
    }

    /// An element with nothing but text.
    pub(crate) fn element(&mut self, element: &'static str, attributes: Attributes<'_>, text: &str) {
        self.open(element, attributes);
        self.text(text);
        self.close();
    }

    /// An element with what `inside` writes.
    pub(crate) fn within(&mut self, element: &'static str, attributes: Attributes<'_>, inside: impl FnOnce(&mut Self)) {
        self.open(element, attributes);
        inside(self);
        self.close();
    }

    /// The page.
    pub(crate) fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.out.push('\n');
        self.out
    }
}

/// Escapes for text and for quoted attributes alike.
fn escape(text: &str, out: &mut String) {
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        let mut page = Markup::default();
        page.within("p", &[("title", "\"><script>alert('x')</script>")], |page| page.text("</p><img src=x onerror=alert(1)> & 日本"));
        assert_eq!(
            page.finish(),
            "<p title=\"&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;\">&lt;/p&gt;&lt;img src=x onerror=alert(1)&gt; &amp; 日本</p>\n"
        );
    }
}
