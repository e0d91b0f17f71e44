//! Who may do something.

use crate::Principal;

/// Those whom a rule lets do something.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Access {
    /// Everybody who has logged in.
    #[default]
    Everyone,
    /// No client; the server itself still may.
    Nobody,
    /// Everybody whom one of these is about.
    Only(Vec<Grant>),
}

/// Some of the users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// The user of that name.
    User(String),
    /// All who have that role ([`Principal::roles`]).
    Role(String),
}

impl Access {
    /// The users of these names.
    pub fn users(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::Only(names.into_iter().map(|name| Grant::User(name.into())).collect())
    }

    /// All who have one of these roles.
    pub fn roles(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::Only(names.into_iter().map(|name| Grant::Role(name.into())).collect())
    }

    /// Whether the principal is one of those.
    pub fn includes(&self, principal: &Principal) -> bool {
        match self {
            Self::Everyone => true,
            Self::Nobody => false,
            Self::Only(grants) => grants.iter().any(|grant| match grant {
                Grant::User(name) => **principal.user() == **name,
                Grant::Role(role) => principal.has_role(role),
            }),
        }
    }
}
