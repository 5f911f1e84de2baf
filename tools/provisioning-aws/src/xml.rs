//! Answers of AWS as trees of elements: names without their namespace, text, children. Attributes are not kept.
//!
//! INVARIANT: a tree is at most [`DEPTH`] deep and has at most [`ELEMENTS`] elements, whatever was sent. Documents with a
//! type definition are refused, so that no entity is ever defined.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

const DEPTH: usize = 64;
const ELEMENTS: usize = 500_000;

/// An element.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// The first child called so.
    pub(crate) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The element at `path`, names with `/` between them.
    pub(crate) fn at(&self, path: &str) -> Option<&Element> {
        path.split('/')
            .try_fold(self, |element, name| element.child(name))
    }

    /// The text at `path`, unless it is empty.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        let text = self.at(path)?.content();
        (!text.is_empty()).then_some(text)
    }

    /// The text of the element itself.
    pub(crate) fn content(&self) -> &str {
        self.text.trim()
    }

    /// The elements of the list at `path`, whatever they are called.
    pub(crate) fn items(&self, path: &str) -> &[Element] {
        self.at(path).map_or(&[], |list| list.children.as_slice())
    }

    /// The whole number at `path`.
    pub(crate) fn integer(&self, path: &str) -> Option<i64> {
        self.text(path)?.parse().ok()
    }

    /// Whether `true` is at `path`.
    pub(crate) fn is_true(&self, path: &str) -> bool {
        self.text(path) == Some("true")
    }
}

/// The tree of `text`, or what is wrong with it.
pub(crate) fn parse(text: &str) -> Result<Element, String> {
    let mut reader = Reader::from_str(text);
    let mut builder = Builder::default();
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(start) => builder.open(&start)?,
            Event::Empty(start) => {
                builder.open(&start)?;
                builder.close()?;
            }
            Event::End(_) => builder.close()?,
            Event::Text(text) => builder.text(&text.xml10_content()),
            Event::CData(data) => builder.text(&data.xml10_content()),
            Event::GeneralRef(reference) => builder.text(&referred(&reference)?),
            Event::DocType(_) => return Err("it has a document type".to_owned()),
            Event::Eof => return builder.finish(),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
}

fn referred(reference: &BytesRef<'_>) -> Result<String, String> {
    match reference.resolve_char_ref() {
        Ok(Some(letter)) => Ok(letter.to_string()),
        Ok(None) => {
            let name = reference.xml10_content();
            let known = resolve_predefined_entity(&name);
            known
                .map(str::to_owned)
                .ok_or_else(|| format!("`&{name};` is not known"))
        }
        Err(error) => Err(error.to_string()),
    }
}

/// The elements that are open, outermost first, under one that stands for the document.
#[derive(Default)]
struct Builder {
    open: Vec<Element>,
    root: Option<Element>,
    elements: usize,
}

impl Builder {
    fn open(&mut self, start: &BytesStart<'_>) -> Result<(), String> {
        self.elements += 1;
        if self.open.len() >= DEPTH || self.elements > ELEMENTS {
            return Err("it is deeper or longer than any answer of AWS".to_owned());
        }
        if self.open.is_empty() && self.root.is_some() {
            return Err("it has two roots".to_owned());
        }
        self.open.push(Element {
            name: start.local_name().as_ref().to_owned(),
            ..Element::default()
        });
        Ok(())
    }

    fn text(&mut self, text: &str) {
        if let Some(element) = self.open.last_mut() {
            element.text.push_str(text);
        }
    }

    fn close(&mut self) -> Result<(), String> {
        let element = self.open.pop().ok_or("an element ends that did not begin")?;
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
        Ok(())
    }

    fn finish(self) -> Result<Element, String> {
        if !self.open.is_empty() {
            return Err("it ends too early".to_owned());
        }
        self.root.ok_or_else(|| "it is empty".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const VPCS: &str = r#"<?xml version="1.0"?>
        <DescribeVpcsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
          <vpcSet>
            <item><vpcId>vpc-1</vpcId><isDefault>true</isDefault><tagSet/></item>
            <item><vpcId>vpc-2</vpcId><n>3</n><x:name>a &amp; b &#60;c&#x3e;<![CDATA[ & d]]></x:name></item>
          </vpcSet>
        </DescribeVpcsResponse>"#;

    #[test]
    fn an_answer_is_a_tree() {
        let root = parse(VPCS).expect("XML");
        assert_eq!(root.name, "DescribeVpcsResponse");
        let [first, second] = root.items("vpcSet") else {
            panic!("two items: {root:?}")
        };
        assert_eq!(first.text("vpcId"), Some("vpc-1"));
        assert!(first.is_true("isDefault") && first.items("tagSet").is_empty());
        assert_eq!(second.text("name"), Some("a & b <c> & d"));
        assert_eq!((second.integer("n"), second.text("none")), (Some(3), None));
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        let deep = format!("{}{}", "<a>".repeat(100), "</a>".repeat(100));
        for text in [
            "",
            "text",
            "<a>",
            "</a>",
            "<a></b>",
            "<a/><b/>",
            "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
            "<a>&nbsp;</a>",
            "<a>&#0;</a>",
            &deep,
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn arbitrary_answers_end() {
        bolero::check!()
            .with_iterations(2_000)
            .with_test_time(Duration::from_secs(3))
            .for_each(|bytes: &[u8]| {
                let _ = parse(&String::from_utf8_lossy(bytes));
            });
    }

    #[test]
    fn nearly_right_answers_end() {
        const PIECES: [&str; 12] = [
            "<a>",
            "</a>",
            "<b/>",
            "x",
            "&amp;",
            "&#x41;",
            "&",
            "<![CDATA[",
            "]]>",
            "<!--",
            "-->",
            "<?x?>",
        ];
        bolero::check!()
            .with_iterations(3_000)
            .with_test_time(Duration::from_secs(3))
            .with_type::<Vec<u8>>()
            .for_each(|choices| {
                let pieces = choices
                    .iter()
                    .map(|choice| PIECES[usize::from(*choice) % PIECES.len()]);
                let text = format!("<a>{}</a>", pieces.collect::<String>());
                if let Ok(root) = parse(&text) {
                    assert_eq!(root.name, "a");
                }
            });
    }
}
