//! The columns that an event may fill beside its head, one row a column: name in the lake, kind.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellKind {
    /// UTF-8 text.
    Text,
    /// A signed 64-bit number.
    Integer,
}

/// The value of one column of one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cell<'a> {
    /// A number: process ids, ports.
    Integer(i64),
    /// Text as the log had it.
    Text(Cow<'a, str>),
}

impl Cell<'_> {
    /// The text, if this is text.
    pub fn text(&self) -> Option<&str> {
        match self {
            Cell::Text(text) => Some(text),
            Cell::Integer(_) => None,
        }
    }

    /// The number, if this is a number.
    pub fn integer(&self) -> Option<i64> {
        match self {
            Cell::Integer(number) => Some(*number),
            Cell::Text(_) => None,
        }
    }

    /// The same value, owning its text.
    pub fn into_owned(self) -> Cell<'static> {
        match self {
            Cell::Integer(number) => Cell::Integer(number),
            Cell::Text(text) => Cell::Text(Cow::Owned(text.into_owned())),
        }
    }
}

impl fmt::Display for Cell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cell::Integer(number) => number.fmt(f),
            Cell::Text(text) => text.fmt(f),
        }
    }
}

macro_rules! columns {
    ($($variant:ident $name:literal $kind:ident,)*) => {
        /// A column of the lake beside the head of the event. Columns are written in this order.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[repr(u8)]
        pub enum Column {
            $(#[doc = concat!("`", $name, "`")] #[serde(rename = $name)] $variant,)*
        }

        impl Column {
            /// Every column, in the order of the lake.
            pub const ALL: &'static [Column] = &[$(Column::$variant),*];

            /// The column's name in the lake, in SQL and in the API.
            pub const fn name(self) -> &'static str {
                match self { $(Column::$variant => $name),* }
            }

            /// What the column holds.
            pub const fn kind(self) -> CellKind {
                match self { $(Column::$variant => CellKind::$kind),* }
            }

            /// The column of that name.
            pub fn by_name(name: &str) -> Option<Column> {
                match name { $($name => Some(Column::$variant),)* _ => None }
            }
        }
    };
}

columns! {
    ProcessGuid "process_guid" Text,
    ProcessPid "process_pid" Integer,
    ProcessImage "process_image" Text,
    ProcessCommandLine "process_command_line" Text,
    ProcessCurrentDirectory "process_current_directory" Text,
    ProcessUser "process_user" Text,
    ProcessIntegrity "process_integrity" Text,
    ProcessLogonGuid "process_logon_guid" Text,
    ProcessLogonId "process_logon_id" Text,
    ProcessMd5 "process_md5" Text,
    ProcessSha1 "process_sha1" Text,
    ProcessSha256 "process_sha256" Text,
    ProcessImphash "process_imphash" Text,
    ProcessOriginalFileName "process_original_file_name" Text,
    ProcessCompany "process_company" Text,
    ProcessProduct "process_product" Text,
    ProcessDescription "process_description" Text,
    ProcessFileVersion "process_file_version" Text,
    ParentGuid "parent_guid" Text,
    ParentPid "parent_pid" Integer,
    ParentImage "parent_image" Text,
    ParentCommandLine "parent_command_line" Text,
    ParentUser "parent_user" Text,
    TargetGuid "target_guid" Text,
    TargetPid "target_pid" Integer,
    TargetImage "target_image" Text,
    TargetUser "target_user" Text,
    GrantedAccess "granted_access" Text,
    CallTrace "call_trace" Text,
    FilePath "file_path" Text,
    FileMd5 "file_md5" Text,
    FileSha1 "file_sha1" Text,
    FileSha256 "file_sha256" Text,
    FileImphash "file_imphash" Text,
    FileCreatedAt "file_created_at" Text,
    FilePreviousCreatedAt "file_previous_created_at" Text,
    FileSigned "file_signed" Text,
    FileSigner "file_signer" Text,
    FileSignatureStatus "file_signature_status" Text,
    FileOriginalName "file_original_name" Text,
    FileCompany "file_company" Text,
    FileProduct "file_product" Text,
    FileDescription "file_description" Text,
    FileVersion "file_version" Text,
    FileContents "file_contents" Text,
    RegistryPath "registry_path" Text,
    RegistryData "registry_data" Text,
    RegistryNewPath "registry_new_path" Text,
    NetworkProtocol "network_protocol" Text,
    NetworkDirection "network_direction" Text,
    NetworkSrcIp "network_src_ip" Text,
    NetworkSrcPort "network_src_port" Integer,
    NetworkSrcHost "network_src_host" Text,
    NetworkDstIp "network_dst_ip" Text,
    NetworkDstPort "network_dst_port" Integer,
    NetworkDstHost "network_dst_host" Text,
    NetworkUrl "network_url" Text,
    DnsQuery "dns_query" Text,
    DnsAnswers "dns_answers" Text,
    DnsStatus "dns_status" Text,
    PipeName "pipe_name" Text,
    UserName "user_name" Text,
    UserSid "user_sid" Text,
    TargetUserName "target_user_name" Text,
    LogonType "logon_type" Integer,
    LogonId "logon_id" Text,
    ServiceName "service_name" Text,
    ServiceImage "service_image" Text,
    TaskName "task_name" Text,
    TaskContent "task_content" Text,
    ScriptText "script_text" Text,
    ScriptPath "script_path" Text,
    ScriptBlockId "script_block_id" Text,
    ShareName "share_name" Text,
    ObjectName "object_name" Text,
    ObjectType "object_type" Text,
    AccessMask "access_mask" Text,
    DetectionName "detection_name" Text,
    DetectionAction "detection_action" Text,
}
