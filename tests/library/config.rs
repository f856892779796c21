//! Settings: what is merged, what is refused and how, and that the built-in file tells the truth.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use chrono::DateTime;
use proptest::prelude::*;
use toml::de::DeValue;
use vmail::config::OwnView;
use vmail::config::edit::{EditError, NewAccount};
use vmail::config::{
    Ascii, Asking, Calling, Column, CommandError, ConfigError, DEFAULT, FaultPlace, Notify, Overrides,
    OwnColour, OwnKeys, SecretSource, Settings, Sources, ThemeName, Timezone, keys, load, local_zone,
    secret_from_command,
};
use vmail::core::model::Region;
use vmail::core::prefetch::Prefetch;
use vmail::core::range::Range;
use vmail::core::search;
use vmail::core::search::Context;
use vmail::core::zone::Tz;
use vmail::secret::Secret;
use vmail::telecmi::{Agent, ValidNumber};
use vmail::tui::keymap::own;
use vmail::tui::theme;

fn check_base_url(url: &str) -> Result<(), String> {
    if url.starts_with("https://") { Ok(()) } else { Err("must start with https://".to_owned()) }
}

fn sources() -> Sources {
    Sources {
        file: None,
        file_mode: None,
        flags: Overrides::default(),
        env: Overrides::default(),
        check_base_url,
        check_key,
        check_keys: own::faults,
        check_colour: |own| theme::own::read(own).map(drop),
    }
}

fn check_key(key: &str) -> Result<(), String> {
    if key.len() < 6 { Ok(()) } else { Err(format!("invalid key \"{key}\"")) }
}

fn load_file(text: &str) -> Result<Settings, ConfigError> {
    load(Sources {
        file: Some((PathBuf::from("config.toml"), text.to_owned())),
        file_mode: Some(0o100_600),
        ..sources()
    })
}

/// The lines that a file's faults make.
fn faults(text: &str) -> Vec<String> {
    let error = load_file(text).expect_err(text);
    error.to_string().lines().map(str::to_owned).collect()
}

/// The settings that the built-in file shows as comments only, uncommented.
fn with_examples() -> String {
    DEFAULT
        .lines()
        .map(|line| {
            line.strip_prefix('#')
                .filter(|line| line.starts_with(|c: char| c == '[' || c.is_ascii_lowercase()))
                .unwrap_or(line)
                .to_owned()
                + "\n"
        })
        .collect()
}

#[test]
fn the_built_in_file_sets_the_documented_defaults() {
    let settings = load(sources()).unwrap();
    assert_eq!(
        settings,
        Settings {
            account: None,
            accounts: Vec::new(),
            secret_at: None,
            region: Region::Global,
            app_id: None,
            secret: None,
            base_url: None,
            range: Range::parse("7d").unwrap(),
            timezone: Timezone::Local,
            country: "IN".to_owned(),
            ascii: Ascii::Auto,
            theme: ThemeName::Terminal,
            colours: Vec::new(),
            columns: Column::USUAL.into(),
            keys: Vec::new(),
            views: Vec::new(),
            mouse: false,
            concurrency: 6,
            refresh: Some(Duration::from_secs(60)),
            overlap: Duration::from_secs(15 * 60),
            notify: vec![],
            prefetch: Prefetch::Visible,
            read_after: Duration::from_secs(3),
            auto_level: true,
            follow_queue: true,
            player_command: None,
            cache: 1 << 30,
            largest_recording: 64 << 20,
            contacts: vec![],
            calling: Calling { webrtc: true, ..Calling::default() },
            on_new: None,
        }
    );
}

#[test]
fn the_built_in_file_shows_every_setting_and_no_other() {
    let text = with_examples();
    let mut shown = BTreeSet::new();
    for (key, value) in toml::de::DeTable::parse(&text).unwrap().get_ref() {
        match value.get_ref() {
            DeValue::Table(_) if key.get_ref() == "accounts" => {}
            // What is in these is up to the screen.
            DeValue::Table(_) if ["keys", "colours"].contains(&key.get_ref().as_ref()) => {
                shown.insert(key.get_ref().to_string());
            }
            DeValue::Table(group) => {
                shown.extend(group.keys().map(|inner| format!("{}.{}", key.get_ref(), inner.get_ref())));
            }
            _ => {
                shown.insert(key.get_ref().to_string());
            }
        }
    }
    assert_eq!(shown, keys().map(str::to_owned).collect());
    // Its examples are fine, but for the one pair that excludes each other.
    let faults = faults(&text);
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].contains("both `secret` and `secret_command`"), "{faults:?}");
}

#[test]
fn the_built_in_file_names_the_variables_that_are_read() {
    let asked = std::cell::RefCell::new(BTreeSet::new());
    let _ = Overrides::from_env(|name| {
        asked.borrow_mut().insert(name.to_owned());
        None
    });
    assert_eq!(asked.borrow().len(), 8);
    for name in asked.into_inner() {
        assert!(DEFAULT.contains(&name), "{name}");
    }
}

#[test]
fn a_file_sets_everything() {
    let context = Context { now: DateTime::UNIX_EPOCH, zone: Tz::UTC };
    let settings = load_file(
        r#"
        region = "india"
        appid = 42
        secret = "hunter2"
        base_url = "https://proxy.example/v1"
        range = "this month"
        timezone = "Asia/Kolkata"
        country = "gb"
        ascii = "always"
        mouse = true
        theme = "light"
        columns = ["caller", "time", "tags"]
        views = [{ name = "Money", query = "tag:billing OR tag:debt", key = "7" }]
        concurrency = 16
        refresh = 0
        overlap = 0
        notify = ["bell", "osc777", "bell"]
        prefetch = "unread"
        read_after = 0
        auto_level = false
        follow_queue = false
        player_command = ["aplay", "-q"]
        cache = 16
        largest_recording = 1
        contacts = ["~/contacts.vcf", "/srv/contacts"]
        agent = "101_1111112"
        call_command = ["xdg-open", "tel:{number}"]
        on_new = "cat >> new"

        [call]
        webrtc = false
        followme = true
        callerid = "+91 44 2811 7000"

        [keys]
        quit = "Ctrl-q"
        play = []

        [colours]
        accent = "bold #ff8800 on 236"
        "#,
    )
    .unwrap();
    assert_eq!(settings.accounts.iter().map(|account| account.app_id).collect::<Vec<_>>(), [42]);
    assert_eq!(
        settings,
        Settings {
            account: None,
            accounts: settings.accounts.clone(),
            secret_at: Some(FaultPlace::Line(4)),
            region: Region::India,
            app_id: Some(42),
            secret: Some(SecretSource::Text(Secret::new("hunter2".to_owned()))),
            base_url: Some("https://proxy.example/v1".to_owned()),
            range: Range::parse("this month").unwrap(),
            timezone: Timezone::Named("Asia/Kolkata".parse().unwrap()),
            country: "GB".to_owned(),
            ascii: Ascii::Always,
            theme: ThemeName::Light,
            colours: vec![OwnColour { role: "accent".to_owned(), style: "bold #ff8800 on 236".to_owned() }],
            columns: vec![Column::Caller, Column::Time, Column::Tags],
            keys: vec![
                OwnKeys { command: "quit".to_owned(), keys: vec!["Ctrl-q".to_owned()], line: 36 },
                OwnKeys { command: "play".to_owned(), keys: vec![], line: 37 },
            ],
            views: vec![OwnView {
                name: "Money".to_owned(),
                query: search::parse("tag:billing OR tag:debt", &context).unwrap(),
                key: "7".to_owned(),
            }],
            mouse: true,
            concurrency: 16,
            refresh: None,
            overlap: Duration::ZERO,
            notify: vec![Notify::Bell, Notify::Osc777],
            prefetch: Prefetch::Unread,
            read_after: Duration::ZERO,
            auto_level: false,
            follow_queue: false,
            player_command: Some(vec!["aplay".to_owned(), "-q".to_owned()]),
            cache: 16 << 20,
            largest_recording: 1 << 20,
            contacts: vec!["~/contacts.vcf".into(), "/srv/contacts".into()],
            calling: Calling {
                agent: Some(Agent::parse("101_1111112").unwrap()),
                webrtc: false,
                followme: true,
                caller_id: Some(ValidNumber::parse("+914428117000", "").unwrap()),
                command: Some(vec!["xdg-open".to_owned(), "tel:{number}".to_owned()]),
            },
            on_new: Some(vec!["sh".to_owned(), "-c".to_owned(), "cat >> new".to_owned()]),
        }
    );
}

#[test]
fn a_command_is_a_list_or_a_line_for_the_shell() {
    let command = |text: &str| load_file(text).unwrap().secret;
    let argv =
        |words: &[&str]| Some(SecretSource::Command(words.iter().map(|&word| word.to_owned()).collect()));
    assert_eq!(command(r#"secret_command = ["pass", "a b"]"#), argv(&["pass", "a b"]));
    assert_eq!(
        command(r#"secret_command = "pass 'a b' | head -n1""#),
        argv(&["sh", "-c", "pass 'a b' | head -n1"])
    );
}

#[test]
fn a_command_that_calls_gets_the_number_and_no_shell_reads_it() {
    let command = |text: &str| load_file(&format!("call_command = {text}")).unwrap().calling.command.unwrap();
    assert_eq!(command(r#"["dial"]"#), ["dial", "{number}"]);
    assert_eq!(command(r#"["dial", "tel:{number}", "-v"]"#), ["dial", "tel:{number}", "-v"]);
    assert_eq!(command(r#""dial""#), ["sh", "-c", "dial \"$1\"", "call_command", "{number}"]);
    assert_eq!(
        command(r#""dial 'x' tel:{number}""#),
        ["sh", "-c", "dial 'x' tel:$1", "call_command", "{number}"]
    );
}

#[test]
fn a_group_of_settings_is_a_table_or_names_with_a_dot() {
    for text in ["call.webrtc = false", "[call]\nwebrtc = false", "call = { webrtc = false }"] {
        assert!(!load_file(text).unwrap().calling.webrtc, "{text}");
    }
    let faults = faults("mouse = true\n[call]\nfollowme = 3\nwebtrc = true\n");
    assert_eq!(
        faults,
        [
            "config.toml:3: `call.followme`: found a number, expected true or false",
            "config.toml:4: unknown setting `call.webtrc`; did you mean `call.webrtc`?"
        ]
    );
}

#[test]
fn a_flag_beats_the_environment_beats_the_file_beats_the_default() {
    let variables = [
        ("VMAIL_RANGE", "today"),
        ("VMAIL_REGION", "india"),
        ("TELECMI_SECRET", "from-env"),
        ("TELECMI_APPID", "7"),
    ];
    let env = Overrides::from_env(|name| {
        variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    });
    let flags = Overrides {
        range: Some("24h".to_owned()),
        concurrency: Some("3".to_owned()),
        ..Overrides::default()
    };
    let text = "range = \"30d\"\ncountry = \"FR\"\nregion = \"global\"\nsecret_command = \"x\"\n";
    let file = Some((PathBuf::from("config.toml"), text.to_owned()));
    let settings = load(Sources { file, env, flags, ..sources() }).unwrap();
    assert_eq!(settings.range.expression(), "24h");
    assert_eq!(settings.region, Region::India);
    assert_eq!(settings.country, "FR");
    assert_eq!(settings.concurrency, 3);
    assert_eq!(settings.app_id, Some(7));
    assert_eq!(settings.secret, Some(SecretSource::Text(Secret::new("from-env".to_owned()))));
    assert_eq!(settings.overlap, Duration::from_secs(900));
}

#[test]
fn an_empty_variable_is_unset() {
    assert_eq!(Overrides::from_env(|_| Some(String::new())), Overrides::default());
}

#[test]
fn every_fault_is_reported_at_once_with_its_line() {
    let faults = faults(
        "\
# a comment
region = \"indai\"
refresh = 3

concurency = 4
mouse = \"yes\"
timezone = \"Asia/Kolkatta\"
range = \"last wek\"
base_url = \"http://example.com\"
overlap = tomorrow
",
    );
    let expected = [
        r#"config.toml:2: `region`: "indai" is invalid: expected "global" or "india"; did you mean "india"?"#,
        "config.toml:3: `refresh`: 3 is out of range: expected 5 to 86400 seconds, or 0 for never",
        "config.toml:5: unknown setting `concurency`; did you mean `concurrency`?",
        "config.toml:6: `mouse`: found text, expected true or false, without quotes",
        r#"config.toml:7: `timezone`: "Asia/Kolkatta" is not a time zone: expected "local" or a name like "Asia/Kolkata"; did you mean "Asia/Kolkata"?"#,
        r#"config.toml:8: `range`: "last wek" at `wek`: `wek` is not a unit; did you mean `week`? Examples: 7d, yesterday, last month, 2026-11-01..2026-11-15"#,
        "config.toml:9: `base_url`: must start with https://",
    ];
    assert_eq!(faults[..7], expected);
    assert!(faults[7].starts_with("config.toml:10: "), "{}", faults[7]);
    assert_eq!(faults.len(), 8);
}

#[test]
fn each_kind_of_fault_says_what_to_do() {
    let table = [
        ("region = 3", "found a number, expected \"global\" or \"india\""),
        (
            "appid = \"42\"",
            "found text, expected the app ID from the TeleCMI dashboard, a number, without quotes",
        ),
        ("appid = -1", "-1 is out of range"),
        ("appid = 0", "0 is out of range"),
        ("appid = 4.2", "found a number, expected the app ID"),
        ("appid = 99999999999999999999999999999999999999999999", "not a number in range"),
        ("secret = \"\"", "it is empty"),
        ("secret = 12345", "found a number, expected the app secret in quotes"),
        ("secret_command = []", "it is empty"),
        ("secret_command = \" \"", "it is empty"),
        ("secret_command = [1]", "found a number"),
        ("concurrency = 0", "expected 1 to 16"),
        ("concurrency = 17", "expected 1 to 16"),
        ("refresh = 86401", "or 0 for never"),
        ("overlap = 1441", "expected 0 to 1440 minutes"),
        ("overlap = -1", "expected 0 to 1440 minutes"),
        ("notify = \"bell\"", "found text, expected a list like [\"bell\"]"),
        ("notify = [\"bel\"]", "did you mean \"bell\"?"),
        ("notify = [true]", "found true or false"),
        ("mouse = 1", "found a number, expected true or false"),
        ("ascii = true", "found true or false, expected \"auto\", \"always\" or \"never\""),
        ("country = \"UK\"", "did you mean \"GB\"?"),
        ("country = \"IND\"", "did you mean \"IN\"?"),
        ("country = \"india\"", "did you mean \"IN\"?"),
        ("timezone = \"New York\"", "did you mean \"America/New_York\"?"),
        ("timezone = \"IST\"", "or a name like \"Asia/Kolkata\""),
        ("timezone = 2026-11-01", "found a date"),
        ("contacts = \"a.vcf\"", "found text, expected a list like [\"~/contacts.vcf\"]"),
        ("contacts = [\"\"]", "a path is empty"),
        ("views = [{ name = \" \", query = \"\", key = \"6\" }]", "the name of a view is empty"),
        ("agent = \"101 1111112\"", "not an agent's user ID: expected one like 101_1111112"),
        ("call.callerid = \"1234\"", "\"1234\" is not a valid phone number with country code"),
        ("call.callerid = 914428117000", "found a number, expected a number in quotes"),
        ("call_command = []", "it is empty"),
        ("call = true", "unknown setting `call`"),
        ("app_id = 1", "did you mean `appid`?"),
        ("[account]\nappid = 1", "found a table, expected the name of an account"),
        ("xyzzy = 1", "unknown setting `xyzzy`: expected one of account, region, appid, secret"),
        ("mouse = true\nmouse = false", "duplicate key"),
        ("\"\\u001b[2J\" = 1", "unknown setting `[2J`"),
    ];
    for (text, says) in table {
        let faults = faults(text);
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].contains(says), "{text}: {}", faults[0]);
    }
}

#[test]
fn faults_outside_the_file_name_their_place() {
    let flags = Overrides { base_url: Some("ftp://x".to_owned()), ..Overrides::default() };
    let env =
        Overrides { app_id: Some("4x2".to_owned()), range: Some("7x".to_owned()), ..Overrides::default() };
    let file = Some((PathBuf::from("/home/me/config.toml"), "mouse = 1".to_owned()));
    let error = load(Sources { file, flags, env, ..sources() }).unwrap_err().to_string();
    let lines: Vec<_> = error.lines().collect();
    assert!(lines[0].starts_with("/home/me/config.toml:1: `mouse`"), "{error}");
    assert!(lines[1].starts_with("TELECMI_APPID: not a number in range: expected the app ID"), "{error}");
    assert!(lines[2].starts_with("VMAIL_RANGE: `x` is not a unit"), "{error}");
    assert_eq!(lines[3..5], ["  7x", "   ^"], "{error}");
    assert!(lines[5].starts_with("--base-url: must start"), "{error}");
    assert_eq!(lines.len(), 6);
}

#[test]
fn no_fault_repeats_a_secret() {
    for text in [
        "secret = hunter2",
        "secret = \"hunter2",
        "secret hunter2",
        "secret: hunter2",
        "secret = 'hunter2' 'hunter2'",
        "secret =\n\"hunter2\"",
        "secret = [\"hunter2\"]",
        "secret = { hunter2 = 1 }",
        "secret = \"\"\"\nhunter2\n",
        "secrt = \"hunter2\"",
        "secret_command = [\"echo\", 3, \"hunter2\"]",
        "secret_command = { hunter2 = \"hunter2\" }",
        "secret = \"hunter2\"\nsecret_command = \"echo hunter2\"",
    ] {
        let error = load_file(text).expect_err(text);
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{text}: {error}");
    }
    let swapped = Overrides { app_id: Some("hunter2".to_owned()), ..Overrides::default() };
    let error = load(Sources { env: swapped, ..sources() }).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    let overrides = Overrides { secret: Some(Secret::new("hunter2".to_owned())), ..Overrides::default() };
    assert!(!format!("{overrides:?}").contains("hunter2"));
}

#[test]
fn a_secret_that_others_can_read_is_refused() {
    let load = |path: &str, mode, text: &str| {
        load(Sources { file: Some((PathBuf::from(path), text.to_owned())), file_mode: mode, ..sources() })
    };
    let secret = "mouse = true\nsecret = \"hunter2\"\n";
    for mode in [0o100_640, 0o100_604, 0o100_644, 0o100_620] {
        let error = load("/home/me/config.toml", Some(mode), secret).unwrap_err().to_string();
        assert_eq!(
            error,
            "/home/me/config.toml:2: others can read the secret in this file: run `chmod 600 /home/me/config.toml`"
        );
    }
    let error = load("/home/o'me x/c.toml", Some(0o644), secret).unwrap_err().to_string();
    assert!(error.ends_with(r"run `chmod 600 '/home/o'\''me x/c.toml'`"), "{error}");

    assert!(load("c", Some(0o100_600), secret).is_ok());
    assert!(load("c", Some(0o400), secret).is_ok());
    assert!(load("c", None, secret).is_ok(), "a system without permission bits");
    assert!(load("c", Some(0o644), "secret_command = \"pass x\"").is_ok());
}

#[cfg(unix)]
#[test]
fn a_command_gives_the_secret_or_a_reason() {
    let run = |script: &str| secret_from_command(&["sh", "-c", script].map(str::to_owned), Asking::Terminal);
    for script in ["echo hunter2", "printf hunter2", r"printf 'hunter2\r\n'"] {
        assert_eq!(run(script).unwrap().expose(), "hunter2", "{script}");
    }
    assert_eq!(run("printf ' a b '").unwrap().expose(), " a b ");

    let error =
        run(r"echo hunter2; printf '\n\033[31mno such entry\nmore\n' >&2; exit 3").unwrap_err().to_string();
    assert_eq!(error, "secret_command failed (exit status: 3): [31mno such entry");
    let error = run("exit 1").unwrap_err().to_string();
    assert_eq!(error, "secret_command failed (exit status: 1)");

    assert!(matches!(run("true"), Err(CommandError::Empty)));
    assert!(matches!(run("echo; echo"), Err(CommandError::Empty)));
    assert!(matches!(run("echo hunter2; echo user: me"), Err(CommandError::Lines)));
    assert!(matches!(run(r"printf '\377'"), Err(CommandError::NotText)));
    assert!(matches!(secret_from_command(&[], Asking::Nobody), Err(CommandError::NoCommand)));
    let missing =
        secret_from_command(&["/nonexistent/pass".to_owned()], Asking::Nobody).unwrap_err().to_string();
    assert!(missing.starts_with("secret_command: cannot run `/nonexistent/pass`: "), "{missing}");
}

#[test]
fn local_is_the_session_then_the_machine_then_utc() {
    let zone = |tz: Option<&str>, system: Option<&str>| {
        let local = local_zone(tz, system.map(str::to_owned));
        (local.zone, local.note.is_some())
    };
    let kolkata = Some("Asia/Kolkata");
    assert_eq!(zone(None, kolkata), ("Asia/Kolkata".parse().unwrap(), false));
    assert_eq!(zone(Some("Europe/London"), kolkata), ("Europe/London".parse().unwrap(), false));
    assert_eq!(zone(Some(":Europe/London"), kolkata), ("Europe/London".parse().unwrap(), false));
    assert_eq!(
        zone(Some("/usr/share/zoneinfo/Europe/London"), kolkata),
        ("Europe/London".parse().unwrap(), false)
    );
    assert_eq!(zone(Some(""), kolkata), (Tz::UTC, false));
    assert_eq!(zone(Some("IST-5:30"), kolkata), ("Asia/Kolkata".parse().unwrap(), true));
    assert_eq!(zone(Some("nonsense"), None), (Tz::UTC, true));
    assert_eq!(zone(None, Some("Mars/Base")), (Tz::UTC, true));
    assert_eq!(zone(None, None), (Tz::UTC, true));
}

#[test]
fn views_of_ones_own_say_what_is_wrong_with_them() {
    for (views, said) in [
        ("[{ name = \"A\", query = \"is:unraed\", key = \"6\" }]", "did you mean `is:unread`"),
        ("[{ name = \"A\", query = \"a\", key = \"Hyper-6\" }]", "invalid key \"Hyper-6\""),
        ("[{ name = \"A\", query = \"a\" }]", "a view has no `key`"),
        (
            "[{ name = \"Everything about money\", query = \"a\", key = \"6\" }]",
            "the name of a view has at most 20 characters, this one has 22",
        ),
        ("[{ name = \"A\", qury = \"a\", key = \"6\" }]", "did you mean \"query\"?"),
        (
            "[{ name = \"A\", query = \"a\", key = \"6\" }, { name = \"B\", query = \"b\", key = \"6\" }]",
            "\"A\" and \"B\" have the same key",
        ),
        ("\"tag:billing\"", "expected a list like"),
    ] {
        let faults = faults(&format!("views = {views}"));
        assert!(faults.len() == 1 && faults[0].contains(said), "{views}: {faults:?}");
    }
}

/// Two accounts below one at the top level, which says all that an account can say.
const ACCOUNTS: &str = "\
region = \"india\"
appid = 1
secret = \"top\"
base_url = \"https://top.example/v2\"
timezone = \"Europe/Paris\"
country = \"FR\"
agent = \"101_1\"
call.followme = true

[accounts.second]
appid = 2
country = \"GB\"
call.webrtc = false

[accounts.a-first]
appid = 3
region = \"india\"
secret = \"three\"
base_url = \"https://three.example/v2\"
";

fn variables(set: &'static [(&'static str, &'static str)]) -> Overrides {
    Overrides::from_env(|name| {
        set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    })
}

fn account_of(text: &str, flag: Option<&str>, env: Overrides) -> Result<Settings, ConfigError> {
    let flags = Overrides { account: flag.map(str::to_owned), ..Overrides::default() };
    let file = Some((PathBuf::from("config.toml"), text.to_owned()));
    load(Sources { file, file_mode: Some(0o600), env, flags, ..sources() })
}

fn text_of(secret: &str) -> SecretSource {
    SecretSource::Text(Secret::new(secret.to_owned()))
}

/// What says who is asked, and with which secret.
fn who(settings: &Settings) -> (Option<&str>, Option<u64>, Region, Option<&str>, Option<SecretSource>) {
    let Settings { account, app_id, region, base_url, secret, .. } = settings;
    (account.as_deref(), *app_id, *region, base_url.as_deref(), secret.clone())
}

#[test]
fn an_account_takes_from_the_top_level_nothing_that_says_where_a_secret_goes() {
    let settings = account_of(ACCOUNTS, Some("second"), Overrides::default()).unwrap();
    assert_eq!(who(&settings), (Some("second"), Some(2), Region::Global, None, None));
    assert_eq!(settings.timezone, Timezone::Named("Europe/Paris".parse().unwrap()));
    assert_eq!(settings.country, "GB");
    assert!(settings.calling.followme && !settings.calling.webrtc);
    assert_eq!(settings.calling.agent.as_ref().unwrap().as_str(), "101_1");
    let settings = account_of(ACCOUNTS, Some("a-first"), Overrides::default()).unwrap();
    let three = Some("https://three.example/v2");
    assert_eq!(who(&settings), (Some("a-first"), Some(3), Region::India, three, Some(text_of("three"))));
    assert_eq!(settings.secret_at, Some(FaultPlace::Line(18)));
    assert_eq!(settings.country, "FR");
}

#[test]
fn a_flag_then_the_variable_then_the_file_choose_the_account() {
    let chosen = |text: &str, flag: Option<&str>, env: Overrides| {
        account_of(text, flag, env).unwrap().account.unwrap_or_else(|| "top".to_owned())
    };
    let second = || variables(&[("VMAIL_ACCOUNT", "second")]);
    assert_eq!(chosen(ACCOUNTS, Some("a-first"), second()), "a-first");
    assert_eq!(chosen(ACCOUNTS, None, second()), "second");
    let preferred = format!("account = \"a-first\"\n{ACCOUNTS}");
    assert_eq!(chosen(&preferred, None, second()), "second");
    assert_eq!(chosen(&preferred, None, Overrides::default()), "a-first");
    assert_eq!(chosen(ACCOUNTS, None, Overrides::default()), "top");
    // The first of the file, not of the alphabet.
    let none_above = "[accounts.second]\nappid = 2\n[accounts.a-first]\nappid = 3\n";
    assert_eq!(chosen(none_above, None, Overrides::default()), "second");
}

#[test]
fn an_account_that_is_named_is_as_the_file_has_it() {
    const SET: &[(&str, &str)] = &[
        ("TELECMI_APPID", "9"),
        ("TELECMI_SECRET", "of nine"),
        ("VMAIL_REGION", "india"),
        ("VMAIL_BASE_URL", "https://nine.example/v2"),
        ("VMAIL_TIMEZONE", "Asia/Tokyo"),
    ];
    let settings = account_of(ACCOUNTS, Some("second"), variables(SET)).unwrap();
    assert_eq!(who(&settings), (Some("second"), Some(2), Region::Global, None, None));
    assert_eq!(settings.timezone, Timezone::Named("Asia/Tokyo".parse().unwrap()));
}

#[test]
fn the_environments_account_gets_nothing_of_another_one() {
    let nine = || variables(&[("TELECMI_APPID", "9")]);
    let settings = account_of(ACCOUNTS, None, nine()).unwrap();
    assert_eq!(who(&settings), (None, Some(9), Region::Global, None, None));
    let preferred = format!("account = \"a-first\"\n{ACCOUNTS}");
    let settings = account_of(&preferred, None, nine()).unwrap();
    assert_eq!(who(&settings), (None, Some(9), Region::Global, None, None));
    // The account's own number changes nothing, and the environment's secret is for it.
    let three = || variables(&[("TELECMI_APPID", "3"), ("TELECMI_SECRET", "of three")]);
    let settings = account_of(&preferred, None, three()).unwrap();
    assert_eq!((settings.account.as_deref(), settings.secret), (Some("a-first"), Some(text_of("of three"))));
    // What stands beside no app ID is for whichever comes.
    let open = "region = \"india\"\nbase_url = \"https://proxy.example/v1\"\n[accounts.a]\nappid = 1\n";
    let settings = account_of(open, None, nine()).unwrap();
    assert_eq!(who(&settings), (None, Some(9), Region::India, Some("https://proxy.example/v1"), None));
}

#[test]
fn every_account_is_listed_and_the_one_in_force_as_it_is_in_force() {
    let names = |settings: &Settings| -> Vec<_> {
        settings.accounts.iter().map(|account| (account.name.clone(), account.app_id)).collect()
    };
    let (second, first) = ((Some("second".to_owned()), 2), (Some("a-first".to_owned()), 3));
    let settings = account_of(ACCOUNTS, Some("second"), Overrides::default()).unwrap();
    assert_eq!(names(&settings), [(None, 1), second.clone(), first.clone()]);
    let settings = account_of(ACCOUNTS, None, variables(&[("TELECMI_APPID", "9")])).unwrap();
    assert_eq!(names(&settings), [(None, 9), second.clone(), first]);
    let alone = account_of("[accounts.second]\nappid = 2\n", None, variables(&[("TELECMI_SECRET", "x")]));
    let alone = alone.unwrap();
    assert_eq!(names(&alone), [second]);
    assert_eq!(alone.accounts[0].secret, Some(text_of("x")));
    assert_eq!(alone.accounts[0].secret_at, Some(FaultPlace::Variable("TELECMI_SECRET")));
}

#[test]
fn an_account_that_is_not_there_is_said_with_those_that_are() {
    let said = |text: &str, flag, env| account_of(text, flag, env).unwrap_err().to_string();
    let none = Overrides::default;
    assert_eq!(
        said(ACCOUNTS, Some("secnod"), none()),
        "--account: unknown account `secnod`; did you mean `second`?"
    );
    assert_eq!(
        said(ACCOUNTS, None, variables(&[("VMAIL_ACCOUNT", "home")])),
        "VMAIL_ACCOUNT: unknown account `home`: expected one of second, a-first"
    );
    assert_eq!(
        said("mouse = true\naccount = \"home\"", None, none()),
        "config.toml:2: unknown account `home`: the settings file has no named accounts"
    );
}

#[test]
fn every_fault_of_an_account_is_reported_with_its_line() {
    let text = "\
[accounts.one]
appid = 1
regoin = \"india\"
refresh = 60
call.callerid = \"12\"

[accounts.\"a b\"]
appid = 2
secret = \"hunter2\"
secret_command = \"pass hunter2\"
base_url = \"http://x\"

[accounts.none]
country = \"UK\"

[accounts]
flat = 3
";
    let file = Some((PathBuf::from("c"), text.to_owned()));
    let error = load(Sources { file, file_mode: Some(0o644), ..sources() }).unwrap_err().to_string();
    assert!(!error.contains("hunter2"), "{error}");
    let expected = [
        "c:3: an account cannot have the setting `regoin`; did you mean `region`?",
        "c:4: `refresh` applies to all accounts: set it at the top of the file",
        "c:5: `call.callerid`: \"12\" is not a valid phone number with country code",
        "c:7: account name: \"a b\" is invalid: expected up to 40 letters, digits, - _ and .",
        "c:9: others can read the secret in this file: run `chmod 600 c`",
        "c:10: both `secret` and `secret_command` are set: keep one",
        "c:11: `base_url`: must start with https://",
        "c:13: account `none` has no `appid`",
        "c:14: `country`: \"UK\" is not a country code: expected two letters of ISO 3166-1, like \"IN\"; did you mean \"GB\"?",
        "c:17: `accounts.flat`: found a number, expected a table like [accounts.office]",
    ];
    assert_eq!(error.lines().collect::<Vec<_>>(), expected);
    assert_eq!(
        faults("accounts = 3"),
        ["config.toml:1: `accounts`: found a number, expected tables like [accounts.office]"]
    );
}

#[test]
fn an_account_is_written_beside_what_is_there() {
    let entry = |name, app_id, base_url| NewAccount { name, region: Region::India, app_id, base_url };
    let proxy = Some("https://proxy.example/v1");
    for (text, entry, expected) in [
        ("", entry(None, 7, None), "region = \"india\"\nappid = 7\n"),
        ("# mine\n", entry(None, 7, None), "# mine\n\nregion = \"india\"\nappid = 7\n"),
        (
            "# first\nmouse = true # yes\n\n[accounts.a] # other\nappid = 1\n",
            entry(None, 7, None),
            "# first\nmouse = true # yes\nregion = \"india\"\nappid = 7\n\n[accounts.a] # other\nappid = 1\n",
        ),
        (
            "region = \"global\" # or not\nappid = 7 # ours\n",
            entry(None, 7, proxy),
            "region = \"india\" # or not\nappid = 7 # ours\nbase_url = \"https://proxy.example/v1\"\n",
        ),
        (
            "mouse = true\n",
            entry(Some("büro"), 8, None),
            "mouse = true\n\n[accounts.\"büro\"]\nregion = \"india\"\nappid = 8\n",
        ),
        (
            "accounts = { b = { appid = 8 } }\n",
            entry(Some("b"), 8, None),
            "accounts = { b = { appid = 8 , region = \"india\" } }\n",
        ),
    ] {
        let written = entry.put_into(text).unwrap().unwrap();
        assert_eq!(written, expected);
        // Once more, and there is nothing to do.
        assert_eq!(entry.put_into(&written), Ok(None));
        let accounts = load_file(&written).unwrap().accounts;
        let account = accounts.iter().find(|account| account.name.as_deref() == entry.name).unwrap();
        assert_eq!((account.region, account.app_id.cast_signed()), (Region::India, entry.app_id));
    }
    assert_eq!(entry(None, 7, None).put_into("appid = 8"), Err(EditError::OtherAppId(8)));
    assert_eq!(entry(None, 7, None).put_into("appid ="), Err(EditError::Unreadable));
    assert_eq!(entry(Some("a"), 7, None).put_into("accounts = 1"), Err(EditError::Unreadable));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_breaks_it_and_every_fault_is_on_a_line_of_it(
        text in "(range|appid|secret|views|keys|accounts|[é電a.]|[=\\[\\]{}\"'#,\\\\\n \u{0}\u{feff}1-]){0,24}",
    ) {
        if let Err(ConfigError { faults, .. }) = load_file(&text) {
            let lines = 1 + text.matches('\n').count();
            let fits = |place: &FaultPlace| !matches!(place, FaultPlace::Line(line) if !(1..=lines).contains(line));
            prop_assert!(!faults.is_empty() && faults.iter().all(|fault| fits(&fault.place)), "{faults:?}");
        }
    }
}
