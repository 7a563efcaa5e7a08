//! 提示: what is said when a card is absent, another one, or does not prove what it should.
//! Promises: the words of the manuals where they have them; a reason is told in English beside it, and holds no secret.
//! Source: PO-360..PO-366, PO-371.

use protocols::ids::CardNo;

use crate::declaration::problem::Problem;

/// No card has signed (PO-093).
#[must_use]
pub fn absent() -> Problem {
    Problem::forbidden(
        "PO_CARD_ABSENT",
        "请正确连接电子口岸IC卡或Ikey",
        "connect the electronic-port IC card or Ikey, and sign the statement",
    )
}

/// Another card than the bound one (PO-094).
#[must_use]
pub fn mismatch(connected: CardNo, registered: CardNo) -> Problem {
    Problem::forbidden(
        "PO_CARD_MISMATCH",
        format!("当前卡号 {connected} 与用户注册信息卡号 {registered} 不一致，无法进行申报"),
        format!(
            "the card number {connected} now connected differs from the card number {registered} in the user's registration, cannot declare"
        ),
    )
}

/// The signature does not prove what it should (PO-098, PO-101, PO-103).
#[must_use]
pub fn invalid(why: &str) -> Problem {
    Problem::forbidden(
        "PO_SIGNATURE_INVALID",
        "电子签名验证失败",
        format!("the signature cannot be accepted: {why}"),
    )
}

/// The card belongs to no account (PO-064).
#[must_use]
pub fn unbound() -> Problem {
    Problem::forbidden("PO_CARD_UNBOUND", "该卡介质未绑定账号", "this card is bound to no account")
}

/// The card was pulled out of the reader (PO-096).
#[must_use]
pub fn removed() -> Problem {
    Problem::forbidden(
        "PO_CARD_REMOVED",
        "卡介质已拔出，请重新插入并登录",
        "the card was pulled out; put it in again and log in",
    )
}

/// The binding is suspended (PO-104).
#[must_use]
pub fn suspended() -> Problem {
    Problem::forbidden(
        "PO_NO_PERMISSION",
        "您无权限操作该数据",
        "the binding of this card is suspended: the card was reported lost, or its certificate is revoked",
    )
}
