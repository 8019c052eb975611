//! Triage by hand-made events: evidence, sections, trees, subjects; and on recordings where they are there.

#[cfg(test)]
mod evidence;
#[cfg(test)]
mod known;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod recordings;
#[cfg(test)]
mod sections;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod subjects;
#[cfg(test)]
mod trees;
