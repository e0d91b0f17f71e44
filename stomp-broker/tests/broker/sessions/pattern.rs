//! Whether a frame is what a dialogue expects.

use std::collections::HashMap;

use regex::Regex;
use stomp_broker::proto::Frame;

use super::format::Pattern;

impl Pattern {
    /// Says what is wrong with the frame.
    pub(crate) fn check(&self, frame: &Frame) -> Result<(), String> {
        let headers = frame.headers();
        let wrong = |name: &str, why: &str| Err(format!("header {name} {why}: {frame:?}"));
        if frame.command().as_str() != self.command {
            return Err(format!("expected {}, got {frame:?}", self.command));
        }
        if let Some((name, value)) =
            self.headers.iter().find(|(name, value)| headers.get(name) != Some(value.as_str()))
        {
            return wrong(name, &format!("is not {value:?}"));
        }
        if let Some(name) = self.present.iter().find(|name| !headers.contains(name)) {
            return wrong(name, "is missing");
        }
        if let Some(name) = self.absent.iter().find(|name| headers.contains(name)) {
            return wrong(name, "is there");
        }
        let required = self.matches.iter().map(|(name, pattern)| (name, pattern, true));
        let optional = self.match_if_present.iter().map(|(name, pattern)| (name, pattern, false));
        for (name, pattern, is_required) in required.chain(optional) {
            let pattern = Regex::new(pattern).expect("a regular expression");
            if !headers.get(name).map_or(!is_required, |value| pattern.is_match(value)) {
                return wrong(name, &format!("does not match {pattern}"));
            }
        }
        match self.octets() {
            Some(body) if body != frame.body()[..] => {
                Err(format!("the body is not the {} octets expected: {frame:?}", body.len()))
            }
            _ => Ok(()),
        }
    }

    /// Saves what the pattern asks to save.
    pub(crate) fn save(&self, frame: &Frame, variables: &mut HashMap<String, String>) {
        for (variable, source) in &self.save {
            let value = match source.strip_prefix("header:") {
                Some(name) => frame.headers().get(name).unwrap_or_default().to_owned(),
                None => String::from_utf8_lossy(frame.body()).into_owned(),
            };
            variables.insert(variable.clone(), value);
        }
    }
}
