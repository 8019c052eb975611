//! Mail: bytes as they arrived become a bounded [`Mail`], and a [`Mail`] becomes an [`Intake`]: what somebody asks of the desk.
//!
//! [`read`] never fails: what is damaged is read as far as it goes and leaves a [`Defect`]. Structure, charsets and transfer encodings are
//! read here and not by a library, because a desk needs what libraries do not give: the original bytes of each part (so that a wrong
//! charset can be repaired), what a damaged encoding still holds, and limits on depth, parts and sizes while reading.
//!
//! Deliberately absent: fetching of anything, rendering of HTML, mailboxes, writing of mail.

mod charset;
mod defect;
mod header;
mod html;
mod intake;
mod limits;
mod mail;
mod marks;
mod part;
mod quote;
mod read;
mod transfer;

pub use defect::{Defect, DefectKind};
pub use header::Address;
pub use intake::{Book, Contact, Intake, Kind, ScopingCall, Service, Site, State, Urgency, intake};
pub use limits::Limits;
pub use mail::{Body, Encryption, Header, Mail, Part, PartKind};
pub use marks::{Automatic, Marks};
pub use read::read;
