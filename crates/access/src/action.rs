//! The closed list of what can be asked of the desk, and which role may ask it.

use hikeshi_domain::role::Role;

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident $word:literal [$($role:ident)*],)*) => {
        /// One thing that can be asked of the desk.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action {
            $($(#[$doc])* $name,)*
        }

        impl Action {
            /// Every action.
            pub const ALL: &'static [Action] = &[$(Action::$name),*];

            /// The word in log and audit.
            pub const fn name(self) -> &'static str {
                match self { $(Action::$name => $word),* }
            }

            /// The roles that may.
            pub const fn roles(self) -> &'static [Role] {
                match self { $(Action::$name => &[$(Role::$role),*]),* }
            }
        }
    };
}

actions! {
    /// See alerts, their triage and their reports.
    ReadAlerts "read_alerts" [Operator IncidentLead Analyst Reader],
    /// Override a verdict, assign, comment, close, reopen, run triage again.
    WorkAlerts "work_alerts" [Operator IncidentLead Analyst],
    /// Bring an alert in.
    ReceiveAlerts "receive_alerts" [Operator Sensor],
    /// Bring events in.
    ReceiveEvents "receive_events" [Operator Sensor],
    /// See cases.
    ReadCases "read_cases" [Operator IncidentLead Analyst Reader],
    /// Open, assign and comment cases.
    WorkCases "work_cases" [Operator IncidentLead Analyst],
    /// Choose type, severity and flows; close.
    JudgeCases "judge_cases" [Operator IncidentLead],
    /// See service requests.
    ReadRequests "read_requests" [Operator IncidentLead Analyst Reader],
    /// Write requests down, take, rank, clock and end them.
    WorkRequests "work_requests" [Operator IncidentLead Analyst],
    /// See what an organisation has agreed with the desk.
    ReadRetainers "read_retainers" [Operator IncidentLead Analyst Reader],
    /// Write down and change what an organisation has agreed with the desk.
    EditRetainers "edit_retainers" [Operator],
    /// See endpoints.
    ReadEndpoints "read_endpoints" [Operator IncidentLead Analyst Reader],
    /// Say what an endpoint is and whether its protection blocks.
    EditEndpoints "edit_endpoints" [Operator IncidentLead Analyst],
    /// Take endpoints out of service and back: nobody is warned of what is out of service.
    RetireEndpoints "retire_endpoints" [Operator],
    /// Ask the lake in SQL.
    Hunt "hunt" [Operator IncidentLead Analyst],
    /// Keep and change saved searches.
    EditSearches "edit_searches" [Operator IncidentLead Analyst],
    /// See the rules in force and those refused.
    ReadRules "read_rules" [Operator IncidentLead Analyst Reader],
    /// See the exception list.
    ReadExceptions "read_exceptions" [Operator IncidentLead Analyst Reader],
    /// Put files on the exception list and take them off.
    EditExceptions "edit_exceptions" [Operator IncidentLead Analyst],
    /// See the reference lists.
    ReadLists "read_lists" [Operator IncidentLead Analyst Reader],
    /// Bring, replace and take away reference lists.
    EditLists "edit_lists" [Operator IncidentLead Analyst],
    /// See the outbox.
    ReadMessages "read_messages" [Operator IncidentLead Analyst],
    /// Send a message of the outbox again.
    ResendMessages "resend_messages" [Operator IncidentLead Analyst],
    /// See an organisation's standing choices and the people who work for it.
    ReadOrganization "read_organization" [Operator IncidentLead Analyst Reader],
    /// Change an organisation's standing choices.
    EditOrganization "edit_organization" [Operator IncidentLead],
    /// See the people and what each may do.
    ReadPeople "read_people" [Operator],
    /// Invite people, give and take roles, let nobody in any more.
    EditPeople "edit_people" [Operator],
    /// See the keys of forwarders and products.
    ReadKeys "read_keys" [Operator],
    /// Make and revoke keys.
    EditKeys "edit_keys" [Operator],
    /// See and change what belongs to the installation: the mail server, the public address.
    EditInstallation "edit_installation" [Operator],
}
