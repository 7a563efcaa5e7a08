//! What a list costs: how the database finds a page and counts, on the indexes that there are.

use chrono::NaiveDate;

use crate::{
    binding::store::{KEY, NEWEST_FIRST, TABLE},
    declaration::query::{self, Conditions, Page, Period},
    store::{hold_to_indexes, plan},
    test_app::TestApp,
};

/// design section 5, "query": whoever looks, and whatever else is asked for, a page is found in an index in its order, nothing is sorted, and
/// neither page nor count looks into a record for it; whether PostgreSQL, too, need not look there, its own figures say.
#[tokio::test]
async fn a_list_is_read_from_an_index_in_its_order() {
    let app = TestApp::open().await;
    let day = NaiveDate::from_ymd_opt(2025, 10, 13).unwrap();
    for (columns, with_period) in [
        (&["uscc"][..], false),
        (&["uscc"], true),
        (&["uscc", "status"], false),
        (&["uscc", "status"], true),
        (&["uscc", "ie_flag", "business_type"], false),
        (&["uscc", "customs_code", "medium_type"], true),
        (&["customs_code"], false),
        (&["customs_code"], true),
        (&["customs_code", "status"], false),
        (&["customs_code", "ie_flag"], true),
        (&["uscc", "medium_key"], false),
        (&["uscc", "medium_key"], true),
        (&["customs_code", "medium_key"], true),
    ] {
        let mut conditions = Conditions::default();
        columns.iter().for_each(|column| conditions.equals(column, "x"));
        if with_period {
            conditions.within("entry_at", Period::of_days(day, day));
        }
        let page = Page { page: 3, size: 10 };
        let (keys, values) = query::keys_statement(TABLE, KEY, &conditions, NEWEST_FIRST, page);
        let (count, counted) = query::count_statement(TABLE, &conditions, false);
        for (sql, values) in [(keys, values), (count, counted)] {
            let plan = plan(app.central.store(), &sql, values).await;
            let from_index =
                ["COVERING INDEX", "Index Scan", "Index Only Scan"].iter().any(|way| plan.contains(way));
            let sorted = plan.contains("TEMP B-TREE") || plan.contains("Sort");
            assert!(from_index && !sorted, "{sql}\n{plan}");
        }
    }
}

/// SG-022: an officer of several offices gets a page of each of them from its index, and what waits for them from that of the desk; nothing
/// but the few that were found is sorted.
#[tokio::test]
async fn several_offices_are_read_each_from_an_index() {
    let app = TestApp::open().await;
    for (waiting, order, index) in [
        (false, NEWEST_FIRST, "smart_gate_record_area_status"),
        (true, "status_since, unified_no", "smart_gate_record_desk"),
    ] {
        let mut conditions = Conditions::default();
        conditions.one_of("customs_code", ["0708".into(), "0709".into()]);
        if waiting {
            conditions.add("status = 'SENT'", Vec::new());
        } else {
            conditions.equals("status", "LEFT_PORT");
        }
        let page = Page { page: 1, size: 10 };
        let keys = query::keys_statement(TABLE, KEY, &conditions, order, page);
        let plan = plan(app.central.store(), &keys.0, keys.1.clone()).await;
        assert_eq!(plan.matches(index).count(), 2, "{plan}");
        let count = query::count_statement(TABLE, &conditions, false);
        hold_to_indexes(app.central.store(), TABLE, [keys, count]).await;
    }
}
