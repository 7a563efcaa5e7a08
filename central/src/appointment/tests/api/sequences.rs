//! Section 17.4, and our further sequences, through API, desk, gateway and clock.

use std::fmt::Write;

use super::{
    super::{super::duties, chart::sequences},
    *,
};

/// One appointment's life.
struct Life {
    bench: Bench,
    record: Option<Value>,
    /// Customs speaks by its officers, or by messages (AC-006).
    by_message: bool,
    steps: usize,
}

impl Life {
    fn record(&self) -> &Value {
        self.record.as_ref().unwrap()
    }

    async fn status(&self) -> String {
        let (status, record) = self.bench.app.get(&path(self.record()), DECLARANT).await;
        if status == StatusCode::NOT_FOUND {
            "(deleted)".into()
        } else {
            record["status"].as_str().unwrap().into()
        }
    }

    async fn signed(&self, action: &str) -> bool {
        self.bench.signed(DECLARANT, &path(self.record()), action, json!({})).await.0 == StatusCode::OK
    }

    fn not_before(&self, moment: &str) {
        let clock = self.bench.app.central.store().clock();
        if clock.now() < instant(moment) {
            clock.set(instant(moment));
        }
    }

    async fn saved(&mut self) -> bool {
        let Some(record) = &self.record else {
            self.record = Some(self.bench.saved().await);
            return true;
        };
        let mut body = content("A02");
        body["version"] = self.bench.app.get(&path(record), DECLARANT).await.1["version"].clone();
        self.bench.app.call(Method::PUT, &path(record), DECLARANT, body).await.0 == StatusCode::OK
    }

    async fn customs(&self, act: &str, code: &str) -> bool {
        if self.by_message && !code.is_empty() {
            let (status, answer) =
                self.bench.message(self.record(), code, &format!("R-{}", self.steps)).await;
            // A draft does not exist for customs.
            assert!(matches!(status, StatusCode::OK | StatusCode::NOT_FOUND), "{answer}");
            return answer["applied"] == true;
        }
        self.bench.decides(OFFICER_2248, self.record(), act, Some("回执")).await.0 == StatusCode::OK
    }

    async fn step(&mut self, step: &str) -> bool {
        self.steps += 1;
        match step {
            "暂存" => self.saved().await,
            "提交" => {
                if self.record.is_none() {
                    self.saved().await;
                }
                self.signed("submit").await
            }
            "删除" => {
                let version = self.bench.app.get(&path(self.record()), DECLARANT).await.1["version"].clone();
                let at = format!("{}?version={version}", path(self.record()));
                self.bench.app.call(Method::DELETE, &at, DECLARANT, Value::Null).await.0
                    == StatusCode::NO_CONTENT
            }
            "receipt accepted" => self.customs("accept", "ACCEPTED").await,
            "receipt 审批通过" => self.customs("approve", "APPROVED").await,
            "receipt 退单" => self.customs("return", "RETURNED").await,
            "取消预约 before the slot" => self.signed("cancel").await,
            "取消预约 after the slot start" => {
                self.not_before("2018-10-20 10:00:00");
                self.signed("cancel").await
            }
            "cancellation confirmed" => self.customs("confirm-cancellation", "CANCELLED").await,
            "cancellation refused" => self.customs("refuse-cancellation", "CANCELLATION_REFUSED").await,
            "feedback sent" => {
                self.not_before("2018-10-20 10:00:00");
                let number = format!("22482018100009{:04}", self.steps);
                let typed = self.bench.types(self.record(), &json!([number])).await.0 == StatusCode::OK;
                self.signed("feedback").await && typed
            }
            "feedback accepted" => self.customs("accept-feedback", "FEEDBACK_ACCEPTED").await,
            "feedback refused" => self.customs("refuse-feedback", "FEEDBACK_REFUSED").await,
            "explanation sent" => {
                self.not_before("2018-10-20 10:00:00");
                let at = path(self.record());
                let version = self.bench.app.get(&at, DECLARANT).await.1["version"].clone();
                let body = json!({ "version": version, "text": "船期推迟" });
                let typed = self.bench.app.call(Method::PUT, &(at + "/explanation"), DECLARANT, body).await.0;
                self.signed("explanation").await && typed == StatusCode::OK
            }
            "explanation accepted" => self.customs("accept-explanation", "EXPLANATION_ACCEPTED").await,
            "explanation refused" => self.customs("refuse-explanation", "EXPLANATION_REFUSED").await,
            "lifted by customs" => self.customs("lift", "").await,
            "window ends" => {
                self.not_before("2018-10-26 00:00:00");
                let before = self.status().await;
                duties::settle_due(self.bench.app.central.store()).await.unwrap();
                self.status().await != before
            }
            other => panic!("{other}"),
        }
    }
}

/// AC-006, AC-147, AC-149, AC-158, AC-159, AC-224, R01..R17: what the pure walk says is what the service does, whether officers or messages
/// bring the answers.
#[tokio::test]
async fn every_sequence_goes_through_the_statuses_of_the_specification() {
    for by_message in [false, true] {
        let mut all = String::new();
        for case in sequences() {
            let bench = Bench::open("2018-10-19 08:00:00").await;
            let mut life = Life { bench, record: None, by_message, steps: 0 };
            for step in case["steps"].as_array().unwrap() {
                let name = step[0].as_str().unwrap();
                let taken = if life.step(name).await { "" } else { " (not taken)" };
                let status = life.status().await;
                writeln!(all, "{} {name}{taken}: {status}", case["case"].as_str().unwrap()).unwrap();
            }
        }
        assert_eq!(all, include_str!("../sequences.txt"), "by message: {by_message}");
    }
}
