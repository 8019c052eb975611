//! Reports as their readers get them.

mod fixture;
mod hostile;
mod html;
mod json;
mod notice;
mod pdf;
