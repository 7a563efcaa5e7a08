//! 应用: which application accepts which way of logging in (PO-068, PO-071..PO-075).
//! Promises: one table. Who asks for an application's paths in a session that it does not accept is told so before any handler sees it, and a
//! role gets no session in a way that nothing of its own accepts.

use super::{Login, Role};

/// 应用: what the portal's menu offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Application {
    /// 免于到场协助查验.
    AttendanceExemption,
    /// 智能卡口.
    SmartGate,
    /// 预约通关.
    Appointment,
    /// 装运前检验.
    PreShipment,
    /// 远程查检.
    RemoteInspection,
}

/// The beginnings of the applications' paths, behind `/api/v1/`.
const PATHS: &[(&str, Application)] = &[
    ("attendance-exemptions", Application::AttendanceExemption),
    ("smart-gate", Application::SmartGate),
    ("appointments", Application::Appointment),
    ("pre-shipment", Application::PreShipment),
    ("remote-inspections", Application::RemoteInspection),
];

impl Application {
    /// The application whose path this is.
    #[must_use]
    pub fn of_path(path: &str) -> Option<Self> {
        let first = path.strip_prefix("/api/v1/")?.split('/').next()?;
        PATHS.iter().find(|(name, _)| *name == first).map(|(_, application)| *application)
    }

    /// Whether it accepts this way. A program's key is no log-in: its scopes say what it opens.
    #[must_use]
    pub const fn accepts(self, login: Login) -> bool {
        match (self, login) {
            // Its manual lists two ways only, and its users sit abroad.
            (Self::PreShipment, Login::Shield | Login::ThirdParty) => false,
            (
                Self::AttendanceExemption
                | Self::SmartGate
                | Self::Appointment
                | Self::PreShipment
                | Self::RemoteInspection,
                Login::Password | Login::Card | Login::Shield | Login::ThirdParty | Login::Key,
            ) => true,
        }
    }
}

/// Whether a person of this role gets a session in this way: officers by card only (PO-068), agencies, who have pre-shipment inspection
/// only, in its ways.
#[must_use]
pub const fn admits(role: Role, login: Login) -> bool {
    match role {
        Role::CustomsOfficer | Role::CustomsHqOfficer => matches!(login, Login::Card),
        Role::AgencyOperator => Application::PreShipment.accepts(login),
        Role::EnterpriseAdmin
        | Role::EnterpriseOperator
        | Role::Individual
        | Role::PlatformAdmin
        | Role::Gateway
        | Role::YardOperator => true,
    }
}
