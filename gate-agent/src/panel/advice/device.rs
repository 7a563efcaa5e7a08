//! What to do about a device that does not answer, by its kind.

use super::super::words::Words;

/// The next action for a device that is offline. Kinds are those of the configuration; an unknown one gets the general sentence.
pub(in crate::panel) fn for_device(kind: &str) -> Words {
    let (zh, en) = match kind {
        kind if kind.starts_with("uhf") || kind.starts_with("llrp") => (
            "检查读写器电源、天线与通信线；恢复前请人工录入介质。",
            "Check the reader's power, antenna and cable; until it is back, type the medium by hand.",
        ),
        kind if kind.starts_with("modbus") => (
            "检查继电器板电源、RS-485 线与地址；恢复前栏杆只能用钥匙开关操作。",
            "Check the board's power, RS-485 line and address; until it is back, the barrier moves by its key switch only.",
        ),
        kind if kind.starts_with("weighbridge") => (
            "检查地磅仪表电源与串口线；恢复前请按仪表录入重量。",
            "Check the indicator's power and cable; until it is back, type the weight that it shows.",
        ),
        kind if kind.contains("camera") => (
            "检查摄像机电源、网络与镜头；恢复前请人工录入车牌和箱号。",
            "Check the camera's power, network and lens; until it is back, type plates and container numbers.",
        ),
        kind if kind.starts_with("scanner") => (
            "检查扫码器电源与线缆；恢复前请人工录入条码。",
            "Check the scanner's power and cable; until it is back, type the bar code.",
        ),
        kind if ["osdp", "pn532", "wiegand"].iter().any(|card| kind.starts_with(card)) => (
            "检查读卡器电源与线缆；恢复前请人工录入卡号。",
            "Check the card reader's power and cable; until it is back, type the card number.",
        ),
        kind if kind.starts_with("display") => (
            "检查显示屏电源与通信线；恢复前请口头引导司机。",
            "Check the display's power and cable; until it is back, guide drivers by voice.",
        ),
        kind if kind.starts_with("speech") => (
            "检查语音板电源、喇叭与通信线；恢复前请口头通知司机。",
            "Check the speech board's power, loudspeaker and cable; until it is back, tell drivers yourself.",
        ),
        kind if kind.starts_with("lock") => (
            "检查锁控板电源、RS-485 线与地址；恢复前锁的状态未知，请到现场查看。",
            "Check the lock board's power, RS-485 line and address; until it is back, look at the locks yourself.",
        ),
        kind if kind.starts_with("mqtt") || kind.starts_with("sparkplug") => (
            "检查设备电源与网络，以及消息服务器；恢复前请人工录入读数。",
            "Check the device's power and network, and the broker; until it is back, type readings by hand.",
        ),
        _ => (
            "检查设备电源与线缆；恢复前请人工录入读数。",
            "Check the device's power and cable; until it is back, type readings by hand.",
        ),
    };
    Words::new(zh, en)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// fault F6: a reader that is dead has its next action, in one sentence.
    #[test]
    fn every_kind_of_device_has_its_sentence() {
        let mut seen = std::collections::BTreeSet::new();
        for kind in [
            "uhf-chafon-18",
            "modbus-io",
            "weighbridge-a9",
            "mqtt-camera",
            "scanner",
            "osdp",
            "display-park",
            "speech-syn",
            "lock-board",
            "mqtt-kakou",
            "eseal",
        ] {
            let Words { zh, en } = for_device(kind);
            assert!(en.ends_with('.') && zh.ends_with('。'), "{kind}");
            assert!(seen.insert(en), "{kind} has a sentence of its own");
        }
    }
}
