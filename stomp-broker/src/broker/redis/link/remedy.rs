//! What is to be done about errors of Redis.

use redis::{ErrorKind, RedisError, ServerErrorKind};

use super::target::Address;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Nothing: Redis would say the same again.
    None,
    /// The connection is to be made anew.
    Reconnect,
    /// The masters are to be found out anew, and asked again.
    LookAgain,
    /// Another server is to be asked, this once.
    Ask(Address),
}

/// What one error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Concern {
    Command,
    Connection,
    Slot,
    Asking,
}

impl Remedy {
    /// Of the errors of a pipeline of so many commands, from the server at an address.
    pub(super) fn of(errors: &[RedisError], commands: usize, said_by: &Address) -> Self {
        let errors: Vec<_> = errors.iter().flat_map(each).collect();
        let concerns: Vec<_> = errors.iter().map(|(kind, _)| Concern::of(*kind)).collect();
        let has = |concern| concerns.contains(&concern);
        let all_ask =
            concerns.len() >= commands && concerns.iter().all(|concern| *concern == Concern::Asking);
        match errors.first().and_then(|(_, detail)| detail.as_deref()) {
            _ if has(Concern::Connection) => Self::Reconnect,
            Some(detail) if all_ask => redirect(detail, said_by).map_or(Self::LookAgain, Self::Ask),
            _ if has(Concern::Slot) || has(Concern::Asking) => Self::LookAgain,
            _ => Self::None,
        }
    }
}

impl Concern {
    fn of(kind: ErrorKind) -> Self {
        use ServerErrorKind::{
            Ask, BusyLoading, ClusterDown, MasterDown, Moved, NoScript, ReadOnly, TryAgain,
        };
        match kind {
            ErrorKind::Server(BusyLoading | ClusterDown | MasterDown | NoScript | ReadOnly)
            | ErrorKind::Io
            | ErrorKind::Parse => Self::Connection,
            ErrorKind::Server(Moved | TryAgain) => Self::Slot,
            ErrorKind::Server(Ask) => Self::Asking,
            _ => Self::Command,
        }
    }
}

/// The errors of commands that an error is made of, with what they say.
fn each(error: &RedisError) -> Vec<(ErrorKind, Option<String>)> {
    match error.clone().into_server_errors() {
        Some(errors) => errors
            .iter()
            .map(|(_, error)| {
                let kind = error.kind().map_or(ErrorKind::Extension, ErrorKind::Server);
                (kind, error.details().map(str::to_owned))
            })
            .collect(),
        None if error.is_unrecoverable_error() => vec![(ErrorKind::Io, None)],
        None => vec![(error.kind(), None)],
    }
}

/// `slot host:port`.
fn redirect(detail: &str, said_by: &Address) -> Option<Address> {
    let (_, address) = detail.split_once(' ')?;
    Address::parse(address, said_by)
}

#[cfg(test)]
mod tests {
    use redis::parse_redis_value;

    use super::*;

    fn error(line: &str) -> RedisError {
        parse_redis_value(format!("-{line}\r\n").as_bytes()).unwrap().extract_error().unwrap_err()
    }

    fn remedy(lines: &[&str], commands: usize) -> Remedy {
        let errors: Vec<_> = lines.iter().map(|line| error(line)).collect();
        Remedy::of(&errors, commands, &Address { host: "here".to_owned(), port: 1 })
    }

    #[test]
    fn what_redis_refuses_for_good_is_not_tried_again() {
        assert_eq!(remedy(&["OOM command not allowed"], 1), Remedy::None);
        assert_eq!(remedy(&["NOPERM no permissions"], 2), Remedy::None);
        assert_eq!(remedy(&[], 2), Remedy::None);
    }

    #[test]
    fn a_server_that_cannot_serve_is_connected_to_anew() {
        for line in ["READONLY no", "CLUSTERDOWN no", "LOADING no", "NOSCRIPT no", "MASTERDOWN no"] {
            assert_eq!(remedy(&["OOM no", line], 2), Remedy::Reconnect, "{line}");
        }
    }

    #[test]
    fn a_slot_is_followed() {
        assert_eq!(remedy(&["MOVED 1 there:2"], 1), Remedy::LookAgain);
        assert_eq!(remedy(&["TRYAGAIN not all keys"], 3), Remedy::LookAgain);
        let there = |host: &str| Remedy::Ask(Address { host: host.to_owned(), port: 2 });
        assert_eq!(remedy(&["ASK 1 there:2"], 1), there("there"));
        assert_eq!(remedy(&["ASK 1 :2", "ASK 1 :2"], 2), there("here"));
        // Some of the keys are still where they were.
        assert_eq!(remedy(&["ASK 1 there:2"], 2), Remedy::LookAgain);
        assert_eq!(remedy(&["ASK 1 nonsense"], 1), Remedy::LookAgain);
    }
}
