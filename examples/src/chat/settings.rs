//! The settings file.

use std::{fs, path::Path};

use chat_app::Config;

/// The defaults, with an explanation of every setting.
pub const DEFAULT_FILE: &str = include_str!("default.toml");

/// Reads a file.
///
/// # Errors
///
/// What is wrong, with the file, the line and the key, and what would be right.
pub(super) fn read(file: &Path) -> Result<Config, String> {
    let text = fs::read_to_string(file).map_err(|error| {
        format!("cannot read {}: {error}; --config names the settings file", file.display())
    })?;
    parse(&text).map_err(|error| format!("{}: {error}\n--print-config shows every setting", file.display()))
}

fn parse(text: &str) -> Result<Config, String> {
    toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The default file with the lines that show other values.
    fn with_all_shown() -> String {
        let is_setting = |line: &str| {
            line.starts_with('[') || line.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '))
        };
        let lines = DEFAULT_FILE.lines().map(|line| line.strip_prefix("# ").unwrap_or(line));
        lines.filter(|line| is_setting(line)).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_default_file_says_what_the_defaults_are() {
        let read = parse(DEFAULT_FILE).expect("a file that is right");
        assert_eq!(format!("{read:?}"), format!("{:?}", Config::default()));
    }

    #[test]
    fn every_setting_is_shown_and_can_be_set() {
        let config = parse(&with_all_shown()).unwrap_or_else(|error| panic!("{error}"));
        let (text, default) = (format!("{config:#?}"), format!("{:#?}", Config::default()));
        assert!(config.check().is_ok());
        for unset in ["None", "[]", "{}"] {
            assert!(default.contains(unset) && !text.contains(&format!(": {unset},")), "{text}");
        }
    }

    #[test]
    fn errors_name_the_line_and_the_key() {
        for (text, expected) in [
            ("listen = \"nowhere\"", ["line 1", "listen"]),
            ("listen = \"127.0.0.1:0\"\nlissen = 1", ["line 2", "lissen"]),
            ("[rates]\nlogin = \"0/1\"", ["line 2", "COUNT/SECONDS"]),
            ("[providers.google]\nid = \"a\"", ["line 1", "secret"]),
            ("[providers.yahoo]\nid = \"a\"\nsecret = \"b\"", ["line 1", "google"]),
            ("public_url = \"https://a/b\"", ["line 1", "https://chat.example.org"]),
        ] {
            let error = parse(text).expect_err(text);
            assert!(expected.iter().all(|part| error.contains(part)), "{text}\n{error}");
        }
    }
}
