//! What the chat server example does besides serving.

use std::{
    error::Error,
    fs::{File, OpenOptions},
    io::{self, BufWriter, stdin, stdout},
    path::Path,
};

use chat_app::{
    Config,
    auth::SignUp,
    domain::{Email, MemberName, Password},
    maintenance,
};

use super::Task;

impl Task {
    /// Does it, and says on stdout what was done.
    ///
    /// # Errors
    ///
    /// Why it is not done, and what to do about it.
    pub async fn carry_out(self, config: &Config) -> Result<(), Box<dyn Error>> {
        match self {
            Self::Backup { directory } => {
                maintenance::back_up(config, &directory).await?;
                println!("the data are in {}", directory.display());
            }
            Self::Export { file } if file.as_os_str() == "-" => {
                maintenance::export(config, BufWriter::new(stdout())).await?;
            }
            Self::Export { file } => {
                let out =
                    create(&file).map_err(|error| format!("cannot write {}: {error}", file.display()))?;
                maintenance::export(config, BufWriter::new(out)).await?;
                println!("the service is in {}", file.display());
            }
            Self::CreateAdmin { email, name } => {
                let id = maintenance::create_admin(config, account(&email, &name)?).await?;
                println!("member {id} is an administrator");
            }
        }
        Ok(())
    }
}

/// Makes a file for this user alone: what members said is nobody else's.
fn create(file: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.write(true).create_new(true).open(file)
}

fn account(email: &str, name: &str) -> Result<SignUp, String> {
    let expected = |option: &str, what: &str| format!("{option} has to be {what}");
    let email = Email::parse(email).ok_or_else(|| expected("--email", Email::EXPECTED))?;
    let name = MemberName::parse(name).ok_or_else(|| expected("--name", MemberName::EXPECTED))?;
    let mut password = String::new();
    stdin().read_line(&mut password).map_err(|error| format!("cannot read the password: {error}"))?;
    let password = Password::parse(password.trim_end_matches(['\r', '\n']).to_owned())
        .ok_or_else(|| expected("the password on stdin", Password::EXPECTED))?;
    Ok(SignUp { name, email, password, locale: None })
}
