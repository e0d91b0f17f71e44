//! What is wrong with what a client sent, field by field.

use serde::Serialize;

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The field's name in the request.
    pub field: &'static str,
    /// What would be right, in English, for developers.
    pub expected: &'static str,
}

/// Everything wrong with a request, collected so that the client hears of all of it at once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// One problem.
    pub fn one(field: &'static str, expected: &'static str) -> Self {
        Self(vec![Problem { field, expected }])
    }

    /// Adds a problem if `value` is none, and hands it on.
    pub fn check<T>(&mut self, value: Option<T>, field: &'static str, expected: &'static str) -> Option<T> {
        if value.is_none() {
            self.0.push(Problem { field, expected });
        }
        value
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
