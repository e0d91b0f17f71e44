//! Builds the web client into `web/dist`, for the program to embed.
//!
//! `CHAT_APP_WEB=skip` takes what is there. Without npm, or when its build fails, a page that says so takes the
//! client's place: the server works without it.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

/// What the client is built from, in `web`.
const SOURCES: [&str; 7] =
    ["index.html", "package.json", "package-lock.json", "public", "src", "tsconfig.json", "vite.config.ts"];

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR"));
    let (web, dist) = (root.join("web"), root.join("web/dist"));
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=CHAT_APP_WEB");
    let sources: Vec<PathBuf> =
        SOURCES.iter().map(|name| web.join(name)).filter(|path| path.exists()).collect();
    for source in &sources {
        println!("cargo::rerun-if-changed={}", source.display());
    }

    let skip =
        env::var("CHAT_APP_WEB").is_ok_and(|value| value == "skip") || env::var_os("DOCS_RS").is_some();
    // A published crate has the client but not its sources.
    let has_sources = web.join("package.json").exists();
    let page = dist.join("index.html");
    if !skip
        && has_sources
        && sources.iter().filter_map(|path| newest(path)).max() > newest(&page)
        && let Err(problem) = build(&web)
    {
        println!("cargo::warning=the web client is not built: {problem}");
    }
    let folder = if page.exists() {
        // Names all other files: whoever builds the client by hand changes it.
        println!("cargo::rerun-if-changed={}", page.display());
        dist
    } else {
        root.join("unbuilt")
    };
    println!("cargo::rustc-env=CHAT_APP_WEB_DIST={}", folder.display());
}

fn build(web: &Path) -> Result<(), String> {
    let installed = newest(&web.join("node_modules/.package-lock.json"));
    if installed < newest(&web.join("package-lock.json")) {
        npm(web, &["ci", "--no-audit", "--no-fund"])?;
    }
    npm(web, &["run", "build"])
}

fn npm(web: &Path, arguments: &[&str]) -> Result<(), String> {
    let command = format!("npm {}", arguments.join(" "));
    let output = Command::new("npm").args(arguments).current_dir(web).output();
    let output = output.map_err(|error| format!("cannot run {command}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    let reason = complaint.lines().find(|line| line.to_lowercase().contains("error") && !line.ends_with(':'));
    Err(format!("{command} failed: {}", reason.unwrap_or("it did not say why")))
}

/// When a file, or the newest one below a directory, was changed; `None` if there is none.
fn newest(path: &Path) -> Option<SystemTime> {
    let metadata = fs::metadata(path).ok()?;
    if metadata.is_file() {
        return metadata.modified().ok();
    }
    fs::read_dir(path).ok()?.filter_map(|entry| newest(&entry.ok()?.path())).max()
}
