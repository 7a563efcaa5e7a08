//! 注册: how an enterprise, an agency or an individual gets an account (PO-020..PO-036).
//! Promises: all faults come back at once; nobody takes another firm's codes: an enterprise that is registered already is joined through
//! its administrator, and a new one is usable only after its identity was verified (PO-036).

use axum::{Json, body::Bytes, extract::State, http::StatusCode};
use protocols::ids::Uscc;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Account, AccountStatus, IdDocument,
    code::{self, Purpose},
    lock::Rate,
    password,
};
use crate::{
    app::Central,
    declaration::{
        actor::Actor,
        audit::{self, Entry},
        body,
        fault::FieldError,
        formats,
        problem::Problem,
        query,
    },
    identity::{
        Role,
        caller::Address,
        enterprise::{self, Credit, Enterprise, EnterpriseKind},
    },
};

/// The version of user agreement and privacy agreement that this release shows.
pub const AGREEMENTS: &str = "2026-11";
const PER_ADDRESS: Rate = Rate { what: "register", most: 20, seconds: 3600 };
const CODES_PER_ADDRESS: Rate = Rate { what: "confirm", most: 60, seconds: 3600 };

#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
struct Request {
    user_kind: Option<String>,
    username: Option<String>,
    password: Option<String>,
    mobile: Option<String>,
    email: Option<String>,
    enterprise_name: Option<String>,
    uscc: Option<String>,
    customs_reg_no: Option<String>,
    ciq_no: Option<String>,
    person_name: Option<String>,
    id_type: Option<String>,
    id_number: Option<String>,
    is_overseas_agency: bool,
    country: Option<String>,
    foreign_reg_no: Option<String>,
    agreements_accepted: bool,
}

/// Reads members, collecting faults.
struct Reader<'a> {
    faults: &'a mut Vec<FieldError>,
}

impl Reader<'_> {
    /// The trimmed text, none when empty.
    fn text(&mut self, name: &str, sent: Option<&str>, required: Option<&'static str>) -> Option<String> {
        let text = sent.map(str::trim).filter(|text| !text.is_empty());
        if let (None, Some(rule)) = (text, required) {
            self.faults.push(FieldError::required(name.into(), rule));
        }
        text.map(ToOwned::to_owned)
    }

    /// The text, if it has the form.
    fn formed(
        &mut self,
        name: &str,
        sent: Option<&str>,
        required: bool,
        rule: &'static str,
        says: [&str; 2],
        has: impl FnOnce(&str) -> bool,
    ) -> Option<String> {
        let text = self.text(name, sent, required.then_some(rule))?;
        if has(&text) {
            return Some(text);
        }
        let value = text.chars().take(100).collect::<String>().into();
        let [zh, en] = says;
        self.faults.push(FieldError::format(name.into(), rule, zh, en, value));
        None
    }
}

fn characters(text: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

/// What a registration that breaks no rule makes.
struct Registration {
    account: Account,
    password: String,
    enterprise: Option<Enterprise>,
}

fn check(request: &Request) -> Result<Registration, Vec<FieldError>> {
    let mut faults = Vec::new();
    let mut reader = Reader { faults: &mut faults };
    let kind = request.user_kind.as_deref();
    let kind_says = ["用户类型为enterprise或individual", "enterprise or individual"];
    reader.formed("user_kind", kind, true, "PO-023", kind_says, |kind| {
        matches!(kind, "enterprise" | "individual")
    });
    let username_says = [
        "用户名为4至32位字母、数字、下划线，以字母开头",
        "4 to 32 letters, digits, underscores; begins with a letter",
    ];
    let username = request.username.as_deref();
    let username = reader.formed("username", username, true, "PO-024", username_says, formats::is_username);
    let mobile_says = ["手机号码格式有误", "a mainland mobile number"];
    let mobile =
        reader.formed("mobile", request.mobile.as_deref(), true, "PO-026", mobile_says, formats::is_mobile);
    let email_says = ["电子邮件格式有误", "an e-mail address"];
    let email =
        reader.formed("email", request.email.as_deref(), false, "PO-304", email_says, formats::is_email);
    let individual = kind == Some("individual");
    let (mut person_name, mut document, mut enterprise) = (None, None, None);
    if individual {
        let says = ["姓名为2至50个字符", "2 to 50 characters"];
        let name = request.person_name.as_deref();
        person_name =
            reader.formed("person_name", name, true, "PO-032", says, |text| characters(text, 2, 50));
        document = read_document(&mut reader, request);
    } else {
        enterprise = read_enterprise(&mut reader, request);
    }
    if request.password.as_deref().unwrap_or_default().is_empty() {
        faults.push(FieldError::required("password".into(), "PO-025"));
    } else {
        let (password, name) = (request.password.as_deref(), request.username.as_deref());
        password::judge("password", password.unwrap_or_default(), name.unwrap_or_default(), &mut faults);
    }
    if !request.agreements_accepted {
        let mut fault = FieldError::format(
            "agreements_accepted".into(),
            "PO-035",
            "请阅读并同意《用户协议》与《隐私协议》",
            "read and accept the user agreement and the privacy agreement",
            false.into(),
        );
        fault.code = "PO_AGREEMENT_REQUIRED";
        faults.push(fault);
    }
    let (Some(username), Some(mobile), true) = (username, mobile, faults.is_empty()) else {
        return Err(faults);
    };
    let role = match (&enterprise, individual) {
        (_, true) => Role::Individual,
        (Some(Enterprise { kind: EnterpriseKind::Agency, .. }), _) => Role::AgencyOperator,
        _ => Role::EnterpriseAdmin,
    };
    let boxed = |text: Option<String>| text.map(String::into_boxed_str);
    let account = Account {
        id: uuid::Uuid::now_v7().to_string().into(),
        username: username.into(),
        role,
        status: AccountStatus::Pending,
        enterprise_id: enterprise.as_ref().map(|enterprise| enterprise.id.clone()),
        mobile: Some(mobile.into()),
        mobile_confirmed: false,
        identity_verified: individual,
        email: boxed(email),
        person_name: boxed(person_name),
        id_document: document,
        customs_codes: Vec::new(),
        yard_ids: Vec::new(),
        password_hash: None,
        agreements_version: Some(AGREEMENTS.into()),
        created_at: protocols::contract::UtcMillis::from_millis(0),
        reason: None,
        version: 0,
    };
    Ok(Registration { account, password: request.password.clone().unwrap_or_default(), enterprise })
}

fn read_document(reader: &mut Reader<'_>, request: &Request) -> Option<IdDocument> {
    let says = ["证件类型为resident_id或passport", "resident_id or passport"];
    let id_type = reader.formed("id_type", request.id_type.as_deref(), true, "PO-033", says, |kind| {
        matches!(kind, "resident_id" | "passport")
    });
    let passport = id_type.as_deref() == Some("passport");
    let says = ["证件号码有误", "not a number of this kind of document"];
    let id_number =
        reader.formed("id_number", request.id_number.as_deref(), true, "PO-307", says, |number| {
            if passport { formats::is_passport(number) } else { formats::is_resident_id(number) }
        });
    Some(IdDocument { id_type: id_type?.into(), id_number: id_number?.into() })
}

fn read_enterprise(reader: &mut Reader<'_>, request: &Request) -> Option<Enterprise> {
    let says = ["企业名称为2至100个字符", "2 to 100 characters"];
    let name = request.enterprise_name.as_deref();
    let name = reader.formed("enterprise_name", name, true, "PO-028", says, |text| characters(text, 2, 100));
    let abroad = request.is_overseas_agency;
    let says = ["统一社会信用代码有误", "not a unified social credit code (GB 32100-2015)"];
    let uscc = reader
        .formed("uscc", request.uscc.as_deref(), !abroad, "PO-305", says, |code| Uscc::parse(code).is_ok());
    let says = ["海关十位编码为5位数字加5位数字或大写字母", "5 digits, then 5 digits or capital letters"];
    let customs_reg_no = request.customs_reg_no.as_deref();
    let customs_reg_no =
        reader.formed("customs_reg_no", customs_reg_no, false, "PO-306", says, formats::is_customs_reg_no);
    let says = ["检验检疫编码为10位数字", "10 digits"];
    let ciq_no = reader.formed("ciq_no", request.ciq_no.as_deref(), false, "PO-031", says, |code| {
        code.len() == 10 && code.bytes().all(|digit| digit.is_ascii_digit())
    });
    let says = ["国家（地区）为2至50个字符", "2 to 50 characters"];
    let country = reader.formed("country", request.country.as_deref(), abroad, "PO-034", says, |text| {
        characters(text, 2, 50)
    });
    let says = ["境外注册号为1至50个字符", "1 to 50 characters"];
    let foreign_reg_no =
        reader.formed("foreign_reg_no", request.foreign_reg_no.as_deref(), abroad, "PO-034", says, |text| {
            characters(text, 1, 50)
        });
    let boxed = |text: Option<String>| text.map(String::into_boxed_str);
    Some(Enterprise {
        id: uuid::Uuid::now_v7().to_string().into(),
        kind: if abroad { EnterpriseKind::Agency } else { EnterpriseKind::Enterprise },
        name: name?.into(),
        uscc: boxed(uscc),
        customs_reg_no: boxed(customs_reg_no),
        ciq_no: boxed(ciq_no),
        country: boxed(country),
        foreign_reg_no: boxed(foreign_reg_no),
        credit: Credit::General,
        qualified: false,
        has_accounts: true,
    })
}

/// What is taken already, by field.
async fn taken(tx: &crate::store::Tx, registration: &Registration) -> Result<Vec<FieldError>, Problem> {
    let mut faults = Vec::new();
    let mut refuse = |path: &str, rule, zh: &str, en: &str, value: &str| {
        faults.push(FieldError::format(path.into(), rule, zh, en, value.into()));
    };
    let username = &registration.account.username;
    if super::by_username(tx.conn(), username).await?.is_some() {
        refuse("username", "PO-024", "用户名已被使用", "the user name is taken", username);
    }
    if let Some(enterprise) = &registration.enterprise {
        let says = (
            "该企业已注册，请由企业管理员添加操作员",
            "registered already: its administrator adds operators",
        );
        if let Some(uscc) = enterprise.uscc.as_deref()
            && enterprise::by_uscc(tx.conn(), uscc).await?.is_some_and(|known| known.has_accounts)
        {
            refuse("uscc", "PO-022", says.0, says.1, uscc);
        }
        if let Some(code) = enterprise.customs_reg_no.as_deref() {
            let known = enterprise::by_customs_reg_no(tx.conn(), code).await?;
            // A register that customs filled knows the firm before the firm knows us: the same firm may claim its entry.
            if known.is_some_and(|known| known.has_accounts || known.uscc != enterprise.uscc) {
                refuse("customs_reg_no", "PO-030", says.0, says.1, code);
            }
        }
    }
    Ok(faults)
}

/// 注册.
///
/// # Errors
/// 400, 422 with all faults, 429.
#[utoipa::path(post, path = "/api/v1/registrations", tag = "identity", security(()),
    request_body(content = inline(Request), example = json!({"user_kind": "enterprise", "username": "yuanfan_admin", "password": "(8 to 64 characters)",
        "mobile": "13816001234", "email": "ops@yuanfan.example.cn", "enterprise_name": "上海远帆进出口有限公司", "uscc": "91310115MA1K3ABC2K",
        "customs_reg_no": "3122240123", "agreements_accepted": true})),
    responses((status = 201, description = "registered; a code was sent to the mobile", body = serde_json::Value, example = json!({"account_id": "…", "account_status": "pending"})),
              (status = 400, description = "not readable"), (status = 422, description = "all faults"), (status = 429, description = "too often")))]
pub async fn register(
    State(central): State<Central>,
    Address(address): Address,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    // What would be said of a body that does not fit could hold a password.
    let request: Request = body::read_secret(&bytes, "the members of a registration")?;
    let mut registration = check(&request).map_err(Problem::fields)?;
    let asker = address.clone().unwrap_or_default();
    let counted = central.store().begin().await?;
    PER_ADDRESS.count(&counted, &asker).await?;
    counted.commit().await?;
    registration.account.password_hash = Some(password::hash(registration.password.clone()).await?);
    let tx = central.store().begin().await?;
    query::judged(taken(&tx, &registration).await?)?;
    registration.account.created_at = tx.now();
    if let Some(enterprise) = &registration.enterprise {
        let known = match enterprise.uscc.as_deref() {
            Some(uscc) => enterprise::by_uscc(tx.conn(), uscc).await?,
            None => None,
        };
        if let Some(known) = known {
            // The register's facts are customs' own: they stand, whatever was typed.
            registration.account.enterprise_id = Some(known.id.clone());
            enterprise::update(&tx, &Enterprise { has_accounts: true, ..known }).await?;
        } else {
            enterprise::insert(&tx, enterprise).await?;
        }
    }
    let account = &registration.account;
    if !super::insert(&tx, account).await? {
        let zh = "用户名已被使用";
        let fault = FieldError::format(
            "username".into(),
            "PO-024",
            zh,
            "the user name is taken",
            json!(account.username),
        );
        return Err(Problem::fields(vec![fault]));
    }
    code::send(&tx, &account.id, Purpose::ConfirmMobile, account.mobile.as_deref().unwrap_or_default())
        .await?;
    log(&tx, account, "register", address).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(json!({"account_id": account.id, "account_status": account.status}))))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Confirmation {
    code: String,
}

/// The mobile is confirmed by the code that was sent to it (PO-026, PO-401).
///
/// # Errors
/// 400, 404, 409 when it is confirmed already, 422 with a wrong code, 429.
#[utoipa::path(post, path = "/api/v1/registrations/{account_id}/confirm", tag = "identity", security(()),
    params(("account_id" = String, Path)),
    request_body(content = inline(Confirmation), example = json!({"code": "123456"})),
    responses((status = 200, description = "confirmed", body = serde_json::Value, example = json!({"account_status": "active"})),
              (status = 404, description = "no such registration"), (status = 409, description = "confirmed already"),
              (status = 422, description = "a wrong code, or one that serves no more"), (status = 429, description = "too often")))]
pub async fn confirm(
    State(central): State<Central>,
    Address(address): Address,
    axum::extract::Path(account_id): axum::extract::Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, Problem> {
    let request: Confirmation = body::read(&bytes)?;
    let tx = central.store().begin().await?;
    CODES_PER_ADDRESS.count(&tx, address.as_deref().unwrap_or_default()).await?;
    let mut account = super::by_id(tx.conn(), &account_id).await?.ok_or_else(Problem::not_found)?;
    if account.mobile_confirmed {
        return Err(Problem::status_conflict("the mobile is confirmed already"));
    }
    if !code::redeem(&tx, &account.id, Purpose::ConfirmMobile, &request.code).await? {
        // The try counts, so it is kept although it is refused.
        tx.commit().await?;
        return Err(wrong_code());
    }
    account.mobile_confirmed = true;
    settle(&mut account);
    super::update(&tx, &mut account).await?;
    log(&tx, &account, "confirm_mobile", address).await?;
    tx.commit().await?;
    Ok(Json(json!({ "account_status": account.status })))
}

/// PO-036, PO-401: pending ends when mobile and identity are both confirmed.
pub(in crate::identity) fn settle(account: &mut Account) {
    if account.status == AccountStatus::Pending && account.mobile_confirmed && account.identity_verified {
        account.status = AccountStatus::Active;
    }
}

pub(super) fn wrong_code() -> Problem {
    let (zh, en) = ("验证码错误或已失效", "a wrong code, or one that serves no more");
    Problem::fields(vec![FieldError::format("code".into(), "PO-026", zh, en, Value::Null)])
}

pub(super) async fn log(
    tx: &crate::store::Tx,
    account: &Account,
    action: &str,
    address: Option<String>,
) -> Result<(), Problem> {
    let actor = Actor {
        name: account.username.to_string(),
        role: account.role.code().into(),
        card_no: None,
        address,
    };
    let entry = Entry {
        actor: &actor,
        subject: "account",
        number: &account.id,
        action,
        before: None,
        after: Some(account.status.code()),
        detail: Value::Null,
    };
    Ok(audit::write(tx, &entry).await?)
}
