//! 接收范围: to whom something is told, and whose audience a person is.

use crate::identity::{Person, Standing};

/// 接收范围.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Everyone, visitors included.
    All,
    /// Every enterprise.
    Enterprises,
    /// Every inspection agency.
    Agencies,
    /// The enterprise with this credit code.
    Enterprise(String),
    /// The agency with this credit code, or with this key of the register where it has none.
    Agency(String),
    /// The officers of this customs office.
    Office(String),
    /// Headquarters.
    Headquarters,
    /// The platform's administrators.
    Administrators,
    /// One person, by `Person::identity`.
    Person(String),
}

impl Audience {
    /// The code in JSON and in the store.
    #[must_use]
    pub fn code(&self) -> String {
        match self {
            Self::All => "all".into(),
            Self::Enterprises => "enterprises".into(),
            Self::Agencies => "agencies".into(),
            Self::Enterprise(code) => format!("enterprise:{code}"),
            Self::Agency(code) => format!("agency:{code}"),
            Self::Office(code) => format!("office:{code}"),
            Self::Headquarters => "headquarters".into(),
            Self::Administrators => "administrators".into(),
            Self::Person(identity) => format!("person:{identity}"),
        }
    }

    /// The audience of an announcement (PO-285): all, enterprises, agencies, one of either.
    #[must_use]
    pub fn of_announcement(code: &str) -> Option<Self> {
        let one =
            |prefix| code.strip_prefix(prefix).filter(|code: &&str| !code.is_empty()).map(ToOwned::to_owned);
        match code {
            "all" => Some(Self::All),
            "enterprises" => Some(Self::Enterprises),
            "agencies" => Some(Self::Agencies),
            _ => one("enterprise:").map(Self::Enterprise).or_else(|| one("agency:").map(Self::Agency)),
        }
    }

    /// Every audience that this person belongs to.
    #[must_use]
    pub fn of(person: &Person) -> Vec<String> {
        let mut of = vec![Self::All, Self::Person(person.identity())];
        match &person.standing {
            Standing::Declarant(declarant) => {
                of.extend([Self::Enterprises, Self::Enterprise(declarant.uscc.to_string())]);
            }
            Standing::Agency(agency) => {
                of.extend([Self::Agencies, Self::Agency(agency.id.to_string())]);
                of.extend(agency.uscc.as_ref().map(|uscc| Self::Agency(uscc.to_string())));
            }
            Standing::Officer(offices) => {
                of.extend(offices.iter().map(|office| Self::Office(office.to_string())))
            }
            Standing::Headquarters => of.push(Self::Headquarters),
            Standing::Admin => of.push(Self::Administrators),
            Standing::Individual | Standing::Gateway | Standing::Yard(_) => {}
        }
        of.iter().map(Self::code).collect()
    }
}
