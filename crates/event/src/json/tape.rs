//! A parsed JSON text as fields: a walk over simd-json's tape that never builds a tree.

use std::borrow::Cow;

use simd_json::{Node, StaticNode};

use crate::limits::Limits;
use crate::record::{Field, Value};

/// A place on the tape.
#[derive(Clone)]
pub(super) struct Nodes<'t, 'a>(std::slice::Iter<'t, Node<'a>>);

impl<'t, 'a> Nodes<'t, 'a> {
    pub(super) fn new(nodes: &'t [Node<'a>]) -> Self {
        Nodes(nodes.iter())
    }

    /// The next node; a container's members follow it.
    pub(super) fn node(&mut self) -> Option<Node<'a>> {
        self.0.next().copied()
    }

    /// The next node, which is a member's name.
    pub(super) fn name(&mut self) -> Option<&'a str> {
        match self.0.next() {
            Some(Node::String(name)) => Some(name),
            _ => None,
        }
    }

    /// Steps over the members of a container whose node was just read.
    pub(super) fn skip(&mut self, node: Node<'a>) {
        if let Node::Object { count, .. } | Node::Array { count, .. } = node
            && let Some(last) = count.checked_sub(1)
        {
            self.0.nth(last);
        }
    }

    /// The members of an object whose node was just read: each name with its node, the cursor standing behind that node.
    /// `visit` must leave the cursor behind the member's value.
    pub(super) fn members(&mut self, len: usize, mut visit: impl FnMut(&mut Self, &'a str, Node<'a>)) {
        for _ in 0..len {
            let (Some(name), Some(node)) = (self.name(), self.node()) else { return };
            visit(self, name, node);
        }
    }
}

/// Whose rules the fields follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Windows: spaces leave names, and an empty text is an absent value (an empty EVTX data element).
    Windows,
    /// Anything else: as written.
    Plain,
}

/// The fields of one record while they are gathered.
pub(super) struct Fields<'a> {
    pub(super) list: Vec<Field<'a>>,
    dialect: Dialect,
    most: usize,
    name_bytes: usize,
    /// Fields that [`crate::Limits::record_fields`] or [`crate::Limits::field_name_bytes`] refused.
    pub(super) dropped: usize,
}

impl<'a> Fields<'a> {
    pub(super) fn new(dialect: Dialect, limits: &Limits, capacity: usize) -> Self {
        let list = Vec::with_capacity(capacity.min(limits.record_fields) + 4);
        Fields { list, dialect, most: limits.record_fields, name_bytes: limits.field_name_bytes, dropped: 0 }
    }

    /// A field's name as rules know it.
    pub(super) fn named(&self, name: &'a str) -> Cow<'a, str> {
        if self.dialect == Dialect::Windows && name.as_bytes().contains(&b' ') {
            return Cow::Owned(name.replace(' ', ""));
        }
        Cow::Borrowed(name)
    }

    pub(super) fn push(&mut self, name: Cow<'a, str>, value: Value<'a>) {
        if self.list.len() >= self.most || name.len() > self.name_bytes {
            self.dropped += 1;
            return;
        }
        self.list.push(Field { name, value });
    }

    /// A value that is no container.
    pub(super) fn scalar(&self, node: Node<'a>) -> Value<'a> {
        match node {
            Node::String("") if self.dialect == Dialect::Windows => Value::Null,
            Node::String(text) => Value::Text(Cow::Borrowed(text)),
            Node::Static(StaticNode::Bool(flag)) => Value::Bool(flag),
            Node::Static(StaticNode::I64(number)) => Value::Integer(number),
            Node::Static(StaticNode::U64(number)) => match i64::try_from(number) {
                Ok(number) => Value::Integer(number),
                Err(_) => Value::Unsigned(number),
            },
            Node::Static(StaticNode::F64(number)) => Value::Float(number),
            Node::Static(StaticNode::Null) | Node::Object { .. } | Node::Array { .. } => Value::Null,
        }
    }

    /// A value of any kind under a name: nested names are joined by dots, several values under one name become a list.
    pub(super) fn flatten(&mut self, nodes: &mut Nodes<'_, 'a>, name: Cow<'a, str>, node: Node<'a>) {
        match node {
            Node::Object { len: 0, .. } => self.push(name, Value::Null),
            Node::Object { len, .. } => nodes.members(len, |nodes, member, node| {
                if name.len() + member.len() >= self.name_bytes {
                    self.dropped += 1;
                    return nodes.skip(node);
                }
                let joined = Cow::Owned(format!("{name}.{}", self.named(member)));
                self.flatten(nodes, joined, node);
            }),
            Node::Array { len, .. } => self.array(nodes, name, len),
            scalar => {
                let value = self.scalar(scalar);
                self.push(name, value);
            }
        }
    }

    fn array(&mut self, nodes: &mut Nodes<'_, 'a>, name: Cow<'a, str>, len: usize) {
        let mut values = Vec::new();
        let mut objects = Fields { list: Vec::new(), dropped: 0, ..*self };
        self.gather(nodes, &name, len, &mut values, &mut objects);
        self.dropped += objects.dropped;
        if !values.is_empty() || objects.list.is_empty() {
            self.push(name, Value::List(values));
        }
        for field in merged(objects.list) {
            self.push(field.name, field.value);
        }
    }

    /// Gathers the elements of an array, those of arrays inside it included.
    fn gather(&self, nodes: &mut Nodes<'_, 'a>, name: &str, len: usize, values: &mut Vec<Value<'a>>, objects: &mut Fields<'a>) {
        for _ in 0..len {
            let Some(node) = nodes.node() else { return };
            match node {
                Node::Array { len, .. } => self.gather(nodes, name, len, values, objects),
                Node::Object { .. } => objects.flatten(nodes, Cow::Owned(name.to_owned()), node),
                scalar => values.push(self.scalar(scalar)),
            }
        }
    }
}

/// Fields of several objects of one array: those of one name become one list.
fn merged(fields: Vec<Field<'_>>) -> Vec<Field<'_>> {
    let mut order: Vec<Field<'_>> = Vec::new();
    let mut places: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    for field in fields {
        match places.get(field.name.as_ref()).and_then(|place| order.get_mut(*place)) {
            Some(first) => {
                let mut list = match std::mem::replace(&mut first.value, Value::Null) {
                    Value::List(list) => list,
                    value => vec![value],
                };
                match field.value {
                    Value::List(more) => list.extend(more),
                    value => list.push(value),
                }
                first.value = Value::List(list);
            }
            None => {
                places.insert(field.name.clone().into_owned(), order.len());
                order.push(field);
            }
        }
    }
    order
}
