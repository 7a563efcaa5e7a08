//! The configuration file: its example, its faults, its overrides.

use super::*;

fn parse(text: &str, env: &[(&str, &str)]) -> Result<Config, ConfigError> {
    read(text.parse().unwrap(), env.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())))
}

#[test]
fn the_example_file_shows_the_defaults() {
    let example = parse(include_str!("../../central.example.toml"), &[]).unwrap();
    let bare = Config::default();
    assert_eq!(example.server, bare.server);
    assert_eq!(example.store, bare.store);
    assert_eq!((&example.blob, &example.attachment), (&bare.blob, &bare.attachment));
    assert_eq!(example.desk, bare.desk);
    assert_eq!(example.feed, bare.feed);
    assert_eq!((&example.intake, &example.gate_line), (&bare.intake, &bare.gate_line));
    assert_eq!(example.short_messages, bare.short_messages);
    assert_eq!((&example.notice, &example.log), (&bare.notice, &bare.log));
    assert_eq!((&example.cards, &example.portal), (&bare.cards, &bare.portal));
    assert_eq!((&example.print, &example.logins), (&bare.print, &bare.logins));
    assert_eq!(example.identity_providers.len(), 1);
    assert_eq!(example.reference, bare.reference);
    assert_eq!(
        (example.people.len(), example.yards.len(), example.lanes.len(), example.gates.len()),
        (3, 1, 2, 1)
    );
    assert_eq!((example.enterprises.len(), example.webhooks.len()), (1, 1));
}

#[test]
fn the_example_file_has_every_key_of_the_plain_sections() {
    let example: Table = include_str!("../../central.example.toml").parse().unwrap();
    let keys = |section: &str| example[section].as_table().unwrap().keys().cloned().collect::<Vec<_>>();
    for (section, expected) in [
        ("server", "listen port_search"),
        ("store", "allow_unsafe_postgres data_dir read_connections url"),
        ("blob", "url"),
        ("attachment", "check_s max_checks"),
        ("desk", "approve_delay_ms folder mode receipt_41 send_delay_ms"),
        ("feed", "keep_changes max_changes max_snapshot_mb max_snapshots max_streams stub_days"),
        ("intake", "max_batches"),
        ("gates", "authority_dir certificate_lifetime_s code_lifetime_s listen names"),
        ("short_messages", "url"),
        ("reference", "timeout_ms token url"),
        ("notice", "mail_from smtp_url"),
        ("cards", "algorithms authorities platform_certificate platform_key sealed"),
        ("portal", "card_service name name_en training"),
        ("print", "fonts"),
        ("logins", "origins rp_id shield_days"),
        ("log", "filter format"),
    ] {
        let mut found = keys(section);
        found.sort();
        assert_eq!(found.join(" "), expected, "{section}");
    }
}

#[test]
fn every_wrong_key_is_named_at_once() {
    let text = r#"
        colour = "red"
        [server]
        listen = "here"
        prot_search = true
        [feed]
        max_changes = 0
        [desk]
        mode = "sometimes"
        [[person]]
        token = "short"
        name = "x"
        role = "enterprise_operator"
        uscc = "1"
        shoe = 42
        [[yard]]
        yard_id = "CNEHX070801"
        customs_codes = ["0708"]
        weight_tolerance_kg = "many"
        wheels = 18
        [gates]
        listen = "8443"
        names = ["gates.example", "no name"]
        certificate_lifetime_s = 5
        code_lifetime_s = 0
        [[gate]]
        gate_id = "0708-G02"
        yard_id = "CNEHX070802"
        token = "gate-token"
    "#;
    let Err(ConfigError::Wrong(wrong)) = parse(text, &[]) else { panic!("must be refused") };
    let mut keys: Vec<_> = wrong.iter().map(|wrong| wrong.key.as_str()).collect();
    keys.sort_unstable();
    assert_eq!(
        keys,
        [
            "colour",
            "desk.mode",
            "feed.max_changes",
            "gate[0].yard_id",
            "gates.certificate_lifetime_s",
            "gates.code_lifetime_s",
            "gates.listen",
            "gates.names",
            "person[0].shoe",
            "person[0].token",
            "person[0].uscc",
            "person[0].uscc",
            "server.listen",
            "server.prot_search",
            "yard[0].weight_tolerance_kg",
            "yard[0].wheels",
        ]
    );
}

/// fault C9: a centre that gates reach over TLS says by which names, and several on one database have one authority.
#[test]
fn the_line_to_the_gates_needs_names_and_on_postgresql_a_shared_authority() {
    let wrong = |text: &str| match parse(text, &[]) {
        Err(ConfigError::Wrong(wrong)) => wrong.into_iter().map(|wrong| wrong.key).collect(),
        other => panic!("{other:?}"),
    };
    let keys: Vec<String> = wrong("[gates]\nlisten = \"0.0.0.0:8443\"");
    assert_eq!(keys, ["gates.names"]);
    let text = "[store]\nurl = \"postgres://localhost/kakou\"\n[gates]\nlisten = \"0.0.0.0:8443\"\nnames = [\"::1\", \"a.example\"]";
    let keys: Vec<String> = wrong(text);
    assert_eq!(keys, ["gates.authority_dir"]);
    assert!(parse(&format!("{text}\nauthority_dir = \"/etc/kakou/gates\""), &[]).is_ok());
}

#[test]
fn the_environment_goes_before_the_file() {
    let config = parse(
        "[desk]\nmode = \"auto\"",
        &[
            ("KAKOU_DESK__MODE", "manual"),
            ("KAKOU_DESK__SEND_DELAY_MS", "7"),
            ("KAKOU_SERVER__PORT_SEARCH", "true"),
            ("PATH", "/"),
        ],
    )
    .unwrap();
    assert_eq!(
        (config.desk.mode, config.desk.send_delay_ms, config.server.port_search),
        (DeskMode::Manual, 7, true)
    );
    assert!(parse("", &[("KAKOU_DESK__MOOD", "manual")]).is_err());
}

#[test]
fn a_token_is_kept_hashed_and_two_may_not_share_one() {
    let person = |token: &str, name: &str| {
        format!("[[person]]\n{token}\nname = \"{name}\"\nrole = \"platform_admin\"\n")
    };
    let config = parse(&person("token = \"admin-token\"", "a"), &[]).unwrap();
    assert!(!format!("{config:?}").contains("admin-token"));
    let hashed = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(b"admin-token"));
    let twice =
        person("token = \"admin-token\"", "a") + &person(&format!("token_sha256 = \"{hashed}\""), "b");
    assert!(parse(&twice, &[]).is_err());
}

/// What cannot work is named at the start, not met later: a database that is not served, and snapshots that would take every reader.
#[test]
fn what_cannot_work_is_refused_at_the_start() {
    for (text, key) in [
        ("[store]\nurl = \"mysql://localhost/kakou\"", "store.url"),
        ("[store]\nurl = \"postgres://localhost/kakou?colour=red\"", "store.url"),
        ("[store]\nread_connections = 2", "feed.max_snapshots"),
        ("[feed]\nmax_snapshots = 4", "feed.max_snapshots"),
        ("[feed]\nmax_snapshot_mb = 0", "feed.max_snapshot_mb"),
        ("[blob]\nurl = \"ftp://files\"", "blob.url"),
        ("[attachment]\nmax_checks = 0", "attachment.max_checks"),
        ("[notice]\nsmtp_url = \"smtps://a:b@c\"", "notice.mail_from"),
        ("[notice]\nsmtp_url = \"http://c\"\nmail_from = \"a@b.cn\"", "notice.smtp_url"),
        ("[[webhook]]\nname = \"a\"\nurl = \"file:///a\"\nsecret = \"0123456789abcdef\"", "webhook[0].url"),
        ("[[webhook]]\nname = \"a\"\nurl = \"https://a\"\nsecret = \"0123456789abcde\"", "webhook[0].secret"),
        ("[desk]\nmode = \"file\"", "desk.folder"),
    ] {
        let error = read(text.parse().unwrap(), std::iter::empty()).unwrap_err();
        assert!(error.to_string().contains(key), "{text}: {error}");
    }
    for text in [
        "[store]\nurl = \"sqlite:///tmp/other.sqlite\"",
        "[store]\nurl = \"postgres://localhost/kakou\"",
        "[store]\nurl = \"postgresql://kakou@localhost/kakou\"",
        "[store]\nread_connections = 3",
    ] {
        assert!(read(text.parse().unwrap(), std::iter::empty()).is_ok(), "{text}");
    }
}

/// fault E9: the password of the database is shown neither with the configuration nor with what is wrong with it, from the file or from the
/// environment.
#[test]
fn the_password_of_the_database_is_not_shown() {
    let good = "postgres://kakou:geheim@localhost/kakou";
    let config = parse("", &[("KAKOU_STORE__URL", good)]).unwrap();
    let shown = format!("{config:?}");
    assert!(shown.contains("StoreUrl(postgres://...)") && !shown.contains("geheim"), "{shown}");
    let bad = "postgres://kakou:geheim@localhost:port/kakou";
    for wrong in [parse("", &[("KAKOU_STORE__URL", bad)]), parse(&format!("[store]\nurl = \"{bad}\""), &[])] {
        let wrong = wrong.unwrap_err();
        let told = format!("{wrong} {wrong:?}");
        assert!(told.contains("store.url") && !told.contains("geheim"), "{told}");
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), format!("[store]\nurl = {good}\n")).unwrap();
    let told = load(Some(file.path()), std::iter::empty()).unwrap_err();
    let told = format!("{told} {told:?}");
    assert!(told.contains("line 2") && !told.contains("geheim"), "{told}");
}

/// The file's policies keep to the ranges of the administrator's.
#[test]
fn a_seeded_policy_keeps_to_its_ranges() {
    let text = r#"
        [[yard]]
        yard_id = "CNEHX070801"
        customs_codes = ["0708"]
        weight_tolerance_pct = 101
        [[lane]]
        yard_id = "CNEHX070801"
        gate_id = "0708-G02"
        lane_id = "IN1"
        lane_direction = "IN"
        lane_timeout_s = 0
    "#;
    let error = parse(text, &[]).unwrap_err().to_string();
    assert!(
        error.contains("yard[0].weight_tolerance_pct") && error.contains("lane[0].lane_timeout_s"),
        "{error}"
    );
}

/// The token of the reference system goes to this machine only and is never shown.
#[test]
fn the_reference_system_is_on_this_machine_and_its_token_a_secret() {
    let env = [("KAKOU_REFERENCE__TOKEN", "token-of-the-facts"), ("KAKOU_REFERENCE__TIMEOUT_MS", "250")];
    let config = parse("[reference]\nurl = \"http://127.0.0.1:9000/facts\"", &env).unwrap();
    assert_eq!((config.reference.token.reveal(), config.reference.timeout_ms), ("token-of-the-facts", 250));
    assert!(!format!("{config:?}").contains("token-of-the-facts"));
    for good in ["http://localhost:9000", "http://[::1]:9000/a/b/", ""] {
        assert!(parse(&format!("[reference]\nurl = \"{good}\""), &[]).is_ok(), "{good}");
    }
    for (text, key) in [
        ("url = \"https://127.0.0.1:9000\"", "reference.url"),
        ("url = \"http://facts.example.cn\"", "reference.url"),
        ("url = \"http://user:secret@127.0.0.1\"", "reference.url"),
        ("url = \"http://127.0.0.1/?a=b\"", "reference.url"),
        ("url = \"facts\"", "reference.url"),
        ("timeout_ms = 0", "reference.timeout_ms"),
        ("token = \"a\\nb\"", "reference.token"),
    ] {
        let error = parse(&format!("[reference]\n{text}"), &[]).unwrap_err().to_string();
        assert!(error.contains(key) && !error.contains("secret"), "{text}: {error}");
    }
}

/// What proves who we are is not shown.
#[test]
fn secrets_are_not_shown() {
    let text = r#"
        [notice]
        smtp_url = "smtps://kakou:open-sesame@mail.example.cn"
        mail_from = "kakou@example.cn"
        [[webhook]]
        name = "erp"
        url = "https://erp.example.cn/kakou"
        secret = "open-sesame-0123456789"
    "#;
    let config = parse(text, &[]).unwrap();
    assert!(!format!("{config:?}").contains("sesame"));
    assert_eq!(config.webhooks[0].secret.reveal(), "open-sesame-0123456789");
}

/// PO-053: what proves us to a provider comes from the environment or a file and is not shown; people are sent over TLS only, but for this
/// machine.
#[test]
fn providers_of_identities_keep_their_secrets() {
    let provider = |more: &str| {
        format!(
            "[[identity_provider]]\nid = \"wechat\"\nname = \"微信\"\nname_en = \"WeChat\"\nclient_id = \"kakou\"\n{more}"
        )
    };
    let issuer = "issuer = \"https://id.example.cn/oidc\"\n";
    let secret = ("KAKOU_IDENTITY_PROVIDER_SECRETS__WECHAT", "open-sesame");
    let config = parse(&provider(issuer), &[secret]).unwrap();
    assert!(!format!("{config:?}").contains("sesame"));
    let ClientSecret::Given(given) = &config.identity_providers[0].client_secret else { panic!("a file") };
    assert_eq!(given.reveal(), "open-sesame");
    let in_file = provider(&format!("{issuer}client_secret_file = \"/etc/kakou/wechat.secret\"\n"));
    assert!(parse(&in_file, &[]).is_ok());
    for (text, env, key) in [
        (provider(issuer), &[][..], "identity_provider[0].client_secret"),
        (in_file.clone(), &[secret], "identity_provider[0].client_secret"),
        (provider("issuer = \"http://id.example.cn\"\n"), &[secret], "identity_provider[0].issuer"),
        (provider("issuer = \"https://id.example.cn?a=b\"\n"), &[secret], "identity_provider[0].issuer"),
        (provider(issuer) + &provider(issuer), &[secret], "identity_provider[1].id"),
        (provider(issuer).replace("\"wechat\"", "\"We Chat\""), &[secret], "identity_provider[0].id"),
        (String::new(), &[secret], "identity_provider_secrets.wechat"),
        (provider(issuer), &[(secret.0, "12345678")], "identity_provider_secrets.wechat"),
    ] {
        let error = parse(&text, env).unwrap_err().to_string();
        assert!(
            error.contains(key) && !error.contains("sesame") && !error.contains("12345678"),
            "{text}: {error}"
        );
    }
}

/// PO-066: shields are made for a site that all of the portal's pages belong to.
#[test]
fn the_site_of_shields_is_the_portals() {
    let site =
        |text: &str| parse(&format!("[logins]\n{text}"), &[]).map(|config| config.logins.rp_id().to_owned());
    for (text, rp_id) in [
        ("", "localhost"),
        ("origins = [\"https://portal.example.cn\"]", "portal.example.cn"),
        (
            "origins = [\"https://portal.example.cn\", \"https://m.example.cn\"]\nrp_id = \"example.cn\"",
            "example.cn",
        ),
    ] {
        assert_eq!(site(text).unwrap(), rp_id, "{text}");
    }
    for (text, key) in [
        ("origins = []", "logins.origins"),
        ("origins = [\"http://portal.example.cn\"]", "logins.origins"),
        ("origins = [\"https://portal.example.cn/\"]", "logins.origins"),
        ("origins = [\"portal.example.cn\"]", "logins.origins"),
        ("origins = [\"https://portal.example.cn\", \"https://other.cn\"]", "logins.rp_id"),
        ("origins = [\"https://notexample.cn\"]\nrp_id = \"example.cn\"", "logins.rp_id"),
        ("shield_days = 0", "logins.shield_days"),
    ] {
        let error = site(text).unwrap_err().to_string();
        assert!(error.contains(key), "{text}: {error}");
    }
}
