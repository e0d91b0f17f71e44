//! What the chat server example does besides serving.

use std::{error::Error, io::stdin};

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
            Self::CreateAdmin { email, name } => {
                let id = maintenance::create_admin(config, account(&email, &name)?).await?;
                println!("member {id} is an administrator");
            }
        }
        Ok(())
    }
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
