//! What the lists cost: whatever is asked for, the pages are found in an index.

use protocols::{contract::UtcMillis, ids::CustomsCode};
use serde_json::json;

use crate::{
    appointment::{
        record::Appointment,
        search::{ORDER, Query, WORK_ORDER, WorkQuery},
    },
    declaration::{
        query::{count_statement, keys_statement},
        record::Record,
    },
    identity::{Login, Person, Role, Standing},
    store::hold_to_indexes,
    test_app::TestApp,
};

/// design section 5, "query".
#[tokio::test]
async fn the_lists_are_read_from_indexes() {
    let app = TestApp::open().await;
    let mut lists = Vec::new();
    for asked in [
        json!({"enterprise_type": "A"}),
        json!({"enterprise_type": "A", "status": "CLEARED"}),
        json!({"enterprise_type": "A", "consignee": "1507962233", "slot_from": "2018-10-01", "slot_to": "2018-10-15"}),
        json!({"enterprise_type": "A", "pre_entry_no": "YTG201800000000003"}),
        json!({"enterprise_type": "B", "consignee": "1507962233", "status": "CLEARED"}),
        json!({"enterprise_type": "B", "consignee": "1507962234", "slot_from": "2018-10-01", "slot_to": "2018-10-15"}),
    ] {
        let query: Query = serde_json::from_value(asked).unwrap();
        let now = UtcMillis::parse("2018-10-18T01:00:00Z").unwrap();
        lists.push((query.read("1507962233", now).unwrap(), ORDER));
    }
    let officer = |offices: &[&str]| Person {
        account_id: None,
        name: "li".to_owned(),
        role: Role::CustomsOfficer,
        login: Login::Key,
        session_id: None,
        card_no: None,
        address: None,
        standing: Standing::Officer(offices.iter().map(|code| CustomsCode::parse(code).unwrap()).collect()),
    };
    for asked in [
        json!({}),
        json!({"status": "SUBMITTED"}),
        json!({"waiting": true}),
        json!({"status": "BOOKED", "slot_from": "2018-10-01", "slot_to": "2018-10-15"}),
        json!({"pre_entry_no": "YTG201800000000003"}),
    ] {
        for offices in [&["2248"][..], &["2248", "2249", "2250"]] {
            let query: WorkQuery = serde_json::from_value(asked.clone()).unwrap();
            lists.push((query.read(&officer(offices)).unwrap(), WORK_ORDER));
        }
    }
    for (asked, order) in lists {
        let keys = keys_statement(Appointment::TABLE, "number", &asked.conditions, order, asked.page);
        let count = count_statement(Appointment::TABLE, &asked.conditions, false);
        hold_to_indexes(app.central.store(), Appointment::TABLE, [keys, count]).await;
    }
}
