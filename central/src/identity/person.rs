//! 用户: the person behind a request, and what the role lets them be.
//! Source: spec PO-040..PO-049, PO-068, PO-106..PO-111.

use protocols::ids::{CardNo, CustomsCode, Uscc, YardId};
use serde::{Deserialize, Serialize};

use super::{enterprise::Enterprise, session::login::wrong_way};
use crate::declaration::{actor::Actor, problem::Problem};

/// 角色.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 企业管理员 (PO-040).
    EnterpriseAdmin,
    /// 企业操作员 (PO-041).
    EnterpriseOperator,
    /// 个人用户 (PO-042).
    Individual,
    /// 检验机构 (PO-043).
    AgencyOperator,
    /// 海关关员 of some offices (PO-044).
    CustomsOfficer,
    /// 海关总署 (PO-045).
    CustomsHqOfficer,
    /// 平台管理员 (PO-046).
    PlatformAdmin,
    /// 海关网关: the system account that moves documents and receipts (PO-047).
    Gateway,
    /// 场所操作员 (`contract` section 7).
    YardOperator,
}

impl Role {
    /// Every role that a person can have.
    pub const ALL: &'static [Self] = &[
        Self::EnterpriseAdmin,
        Self::EnterpriseOperator,
        Self::Individual,
        Self::AgencyOperator,
        Self::CustomsOfficer,
        Self::CustomsHqOfficer,
        Self::PlatformAdmin,
        Self::Gateway,
        Self::YardOperator,
    ];

    /// The code in JSON, in the store and in the audit log.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::EnterpriseAdmin => "enterprise_admin",
            Self::EnterpriseOperator => "enterprise_operator",
            Self::Individual => "individual",
            Self::AgencyOperator => "agency_operator",
            Self::CustomsOfficer => "customs_officer",
            Self::CustomsHqOfficer => "customs_hq_officer",
            Self::PlatformAdmin => "platform_admin",
            Self::Gateway => "gateway",
            Self::YardOperator => "yard_operator",
        }
    }

    /// The role of this code.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.code() == code)
    }
}

/// How the person proved who they are; some acts ask for one of them (PO-068, PO-071..PO-075).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Login {
    /// 用户名、密码、验证码.
    Password,
    /// 卡介质.
    Card,
    /// 手机盾.
    Shield,
    /// 第三方.
    ThirdParty,
    /// A key of a program, from the configuration or made by a person.
    Key,
}

impl Login {
    /// Every way.
    pub const ALL: &'static [Self] = &[Self::Password, Self::Card, Self::Shield, Self::ThirdParty, Self::Key];

    /// The code in the store.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Card => "card",
            Self::Shield => "shield",
            Self::ThirdParty => "third_party",
            Self::Key => "key",
        }
    }
}

/// The person who asks.
#[derive(Clone, Debug)]
pub struct Person {
    /// The account; none for a person of the configuration.
    pub account_id: Option<Box<str>>,
    /// 用户名.
    pub name: String,
    /// 角色.
    pub role: Role,
    /// How they logged in.
    pub login: Login,
    /// The session; none for a key.
    pub session_id: Option<Box<str>>,
    /// 绑定卡: the card that is bound to the account (PO-090, PO-094, SG-018).
    pub card_no: Option<CardNo>,
    /// From where.
    pub address: Option<String>,
    /// What the person is to records.
    pub standing: Standing,
}

/// What a person is to records.
#[derive(Clone, Debug)]
pub enum Standing {
    /// 操作人员 of an enterprise.
    Declarant(Declarant),
    /// 检验机构 (PO-043).
    Agency(Enterprise),
    /// 个人用户: enters nothing (PO-042).
    Individual,
    /// 关员 of these customs offices.
    Officer(Vec<CustomsCode>),
    /// 海关总署.
    Headquarters,
    /// Keeps accounts, tables, yards and lanes; takes no customs decision (PO-046).
    Admin,
    /// 海关网关.
    Gateway,
    /// 场所操作员 of these yards.
    Yard(Vec<YardId>),
}

/// 操作人员.
#[derive(Clone, Debug)]
pub struct Declarant {
    /// 统一社会信用代码.
    pub uscc: Uscc,
    /// The bound card (SG-018).
    pub card_no: Option<CardNo>,
    /// The enterprise as the register has it; none when the register does not know it.
    pub enterprise: Option<Enterprise>,
    /// 企业管理员.
    pub administrator: bool,
}

impl Declarant {
    /// The bound card, or 403: without one nothing is entered or asked for in a card-bound module (PO-091, SG-018, AC-013, AE-013).
    ///
    /// # Errors
    /// [`Problem::no_permission`].
    pub fn bound_card(&self) -> Result<CardNo, Problem> {
        self.card_no.ok_or_else(Problem::no_permission)
    }

    /// The enterprise, registered with its 10-character customs code, or 403: booking and exemption name the applicant by it (PO-030,
    /// PO-112).
    ///
    /// # Errors
    /// [`Problem::no_permission`].
    pub fn applicant(&self) -> Result<Applicant<'_>, Problem> {
        let enterprise = self.enterprise.as_ref().ok_or_else(Problem::no_permission)?;
        let customs_reg_no = enterprise.customs_reg_no.as_deref().ok_or_else(Problem::no_permission)?;
        Ok(Applicant { customs_reg_no, enterprise })
    }
}

/// 申请单位: an enterprise that has its customs code.
#[derive(Clone, Copy, Debug)]
pub struct Applicant<'a> {
    /// 海关十位编码.
    pub customs_reg_no: &'a str,
    /// The enterprise.
    pub enterprise: &'a Enterprise,
}

impl Person {
    /// As receipts and the audit log name them.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor {
            name: self.name.clone(),
            role: self.role.code().to_owned(),
            card_no: self.card_no.map(|card| card.to_string()),
            address: self.address.clone(),
        }
    }

    /// The one thing that tells this person from all others, whatever session or key they come with. Names of the configuration need not differ
    /// between enterprises.
    #[must_use]
    pub fn identity(&self) -> String {
        match (&self.account_id, &self.standing) {
            (Some(account), _) => format!("account:{account}"),
            (None, Standing::Declarant(declarant)) => format!("key:{}:{}", self.name, declarant.uscc),
            (None, Standing::Agency(agency)) => format!("key:{}:{}", self.name, agency.id),
            (None, _) => format!("key:{}:{}", self.name, self.role.code()),
        }
    }

    /// The declarant, or 403.
    ///
    /// # Errors
    /// [`Problem::no_permission`].
    pub fn declarant(&self) -> Result<&Declarant, Problem> {
        match &self.standing {
            Standing::Declarant(declarant) => Ok(declarant),
            _ => Err(Problem::no_permission()),
        }
    }

    /// The officer's offices, or 403.
    ///
    /// # Errors
    /// [`Problem::no_permission`].
    pub fn officer(&self) -> Result<&[CustomsCode], Problem> {
        match &self.standing {
            Standing::Officer(offices) => Ok(offices),
            _ => Err(Problem::no_permission()),
        }
    }

    /// The officer's offices where customs decides something, or 403: a decision is taken in a session that a card has opened, and with no key
    /// of an account (PO-068, PO-111). Who stands in the configuration has no session; that is for test benches.
    ///
    /// # Errors
    /// [`Problem::no_permission`]; `PO_LOGIN_METHOD`.
    pub fn decides(&self) -> Result<&[CustomsCode], Problem> {
        let offices = self.officer()?;
        if self.account_id.is_some() && self.login != Login::Card { Err(wrong_way()) } else { Ok(offices) }
    }

    /// 403 unless at headquarters.
    ///
    /// # Errors
    /// [`Problem::no_permission`].
    pub fn must_be_headquarters(&self) -> Result<(), Problem> {
        self.must(matches!(self.standing, Standing::Headquarters))
    }

    /// 403 unless the customs gateway.
    ///
    /// # Errors
    /// [`Problem::no_permission`].
    pub fn must_be_gateway(&self) -> Result<(), Problem> {
        self.must(matches!(self.standing, Standing::Gateway))
    }

    /// 403 unless an administrator.
    ///
    /// # Errors
    /// [`Problem::no_permission`].
    pub fn must_administer(&self) -> Result<(), Problem> {
        self.must(matches!(self.standing, Standing::Admin))
    }

    fn must(&self, may: bool) -> Result<(), Problem> {
        if may { Ok(()) } else { Err(Problem::no_permission()) }
    }

    /// Whether a binding of this enterprise in this area exists for the person (SG-022).
    #[must_use]
    pub fn sees(&self, uscc: &Uscc, area: &CustomsCode) -> bool {
        match &self.standing {
            Standing::Declarant(declarant) => declarant.uscc == *uscc,
            Standing::Officer(offices) => offices.contains(area),
            _ => false,
        }
    }
}
