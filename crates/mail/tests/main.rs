//! Mails of our own making, read as a desk would read them.

#[cfg(test)]
mod call;
#[cfg(test)]
mod encoding;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod kind;
#[cfg(test)]
mod letter;
#[cfg(test)]
mod model;
#[cfg(test)]
mod request;
#[cfg(test)]
mod shared;
#[cfg(test)]
mod structure;
