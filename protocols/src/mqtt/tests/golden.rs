//! Messages from captures, public projects and vendors' pages. When one fails, the code is wrong, not this file.
//! Columns: id, dialect, payload, what it says; all were received at 2025-11-20T08:00:02Z.

use crate::mqtt::Dialect::{self, AnyCamera, Impinj, Zebra};

pub(super) type Vector = (&'static str, Dialect, &'static str, &'static [&'static str]);

/// When the messages came.
pub(super) const RECEIVED: &str = "2025-11-20T08:00:02.000Z";

/// Sound messages.
pub(super) const VALID: &[Vector] = &[
    // Field values of reelyActive's test listener; EPC and TID in both spellings, PC 3400 = six words.
    (
        "Q1",
        Impinj,
        r#"{"timestamp":"2025-11-20T08:00:00.123456789Z","hostname":"impinj-01-23-45","eventType":"tagInventory","tagInventoryEvent":{"epc":"ftqQOAUQAnEAAsCu","epcHex":"7EDA9038051002710002C0AE","tid":"4oARcCAAFM2bWgjs","tidHex":"E2801170200014CD9B5A08EC","pc":"NAA=","antennaPort":1,"antennaName":"ANTENNA-NAME","peakRssiCdbm":-7000,"frequency":927250,"transmitPowerCdbm":3000,"lastSeenTime":"2025-11-20T08:00:00.100Z","phaseAngle":69.0}}"#,
        &[
            "epc 7EDA9038051002710002C0AE, antenna 1, -7000 cdbm, tid E2801170200014CD9B5A08EC, by impinj-01-23-45, \
             at 2025-11-20T08:00:00.100Z, age 1900",
        ],
    ),
    // Captured: the array form, an offset without its colon; two and a half years old.
    (
        "Q2",
        Zebra,
        r#"[{"data":{"antenna":1,"eventNum":1759,"format":"epc","idHex":"112233445566778899001134","peakRssi":-53,"reads":387321},"timestamp":"2023-04-03T21:50:16.699+0200","type":"SIMPLE"}]"#,
        &["epc 112233445566778899001134, antenna 1, -5300 cdbm, id 1759@1680551416699, number 1759, \
             at 2023-04-03T19:50:16.699Z, age 83074185301"],
    ),
    // Two objects in one payload, nothing between them.
    (
        "Q3",
        Zebra,
        r#"{"type":"SIMPLE","timestamp":"2025-11-20T08:00:00.000+0000","data":{"MAC":"C4:7D:CC:FF:FF:FF","antenna":1,"eventNum":1,"format":"epc","idHex":"7EDA9038051002710002C0AE","peakRssi":-70,"reads":1}}{"type":"SIMPLE","timestamp":"2025-11-20T08:00:01.000+0000","data":{"MAC":"C4:7D:CC:FF:FF:FF","antenna":1,"eventNum":2,"format":"epc","idHex":"7EDA9038051002710002C0AE","peakRssi":-69,"reads":1}}"#,
        &[
            "epc 7EDA9038051002710002C0AE, antenna 1, -7000 cdbm, by C4:7D:CC:FF:FF:FF, id 1@1763625600000, number 1, \
             at 2025-11-20T08:00:00.000Z, age 2000",
            "epc 7EDA9038051002710002C0AE, antenna 1, -6900 cdbm, by C4:7D:CC:FF:FF:FF, id 2@1763625601000, number 2, \
             at 2025-11-20T08:00:01.000Z, age 1000",
        ],
    ),
    // Frigate's documentation.
    (
        "Q4",
        AnyCamera,
        r#"{"type":"lpr","id":"1607123955.475377-mxklsc","name":"John's Car","plate":"123ABC","score":0.95,"camera":"driveway_cam","timestamp":1607123958.748393,"plate_box":[917,487,1029,529]}"#,
        &[
            "plate 123ABC, 950 permille, by driveway_cam, id 1607123955.475377-mxklsc, at 2020-12-04T23:19:18.748Z, \
             age 156501643252",
        ],
    ),
    // Over HTTP: the plate is plain, the rectangle's top lies below its bottom.
    (
        "Q5",
        AnyCamera,
        r#"{"AlarmInfoPlate":{"channel":0,"deviceName":"ParkingCam","ipaddr":"192.168.1.10","result":{"PlateResult":{"bright":0,"carBright":0,"carColor":0,"colorType":3,"colorValue":0,"confidence":96,"direction":1,"imagePath":"","license":"OTM2022","location":{"RECT":{"top":904,"left":556,"right":1376,"bottom":700}},"timeStamp":{"Timeval":{"sec":1670976550,"usec":0}},"timeUsed":0,"triggerType":2,"type":1}},"serialno":"fd495d6ee960dbec"}}"#,
        &["plate OTM2022, 960 permille, by fd495d6ee960dbec, at 2022-12-14T00:09:10.000Z, age 92649052000"],
    ),
    // Over MQTT: the plate is base64 of UTF-8.
    (
        "Q6",
        AnyCamera,
        r#"{"id":"9f1c","sn":"fd495d6ee960dbec","name":"ivs_result","version":"1.0","timestamp":1763600000,"payload":{"AlarmInfoPlate":{"result":{"PlateResult":{"license":"5LqsQTEyMzQ1","confidence":92}}}}}"#,
        &[
            "plate 京A12345, 920 permille, by fd495d6ee960dbec, id 9f1c, at 2025-11-20T00:53:20.000Z, age 25602000",
        ],
    ),
    // Captured from a Dahua ITC camera (shortened): a vehicle without a plate; local time 25200 s ahead of RealUTC.
    (
        "Dahua",
        AnyCamera,
        r#"{"id":3143,"method":"client.notifyEventStream","params":{"SID":513,"eventList":[{"Action":"Pulse","Code":"TrafficJunction","Data":{"EventID":516,"GroupID":175706653,"Lane":2,"LocaleTime":"2024-01-30 14:34:55","Object":{"Confidence":0,"ObjectType":"Plate","Text":""},"PTS":42994650150.0,"RealUTC":1706600095,"TrafficCar":{"DrivingDirection":["Leave","Car go out","Car come in"],"Lane":2,"MachineName":"8M049B2PAJF3085","PlateColor":"Unknown","PlateType":"Unknown","UTC":1706625295},"UTC":1706625295,"UTCMS":305}}]}}"#,
        &["no plate, by 8M049B2PAJF3085, id 175706653-516, at 2024-01-30T07:34:55.305Z, age 57025506695"],
    ),
    // A published sample of the Axis application, as a car comes rather than goes.
    (
        "Axis",
        AnyCamera,
        r#"{"packetCounter":"11890300","capture_timestamp":"1623405938252","frame_timestamp":"0","datetime":"20210611 130538252","plateText":"\u0052\u004c\u0045","plateUTF8":"ABC001","plateASCII":"ABC001","plateCountry":"SWE","plateConfidence":"0.719034","carState":"new","carMoveDirection":"unknown","carID":"1144696","camera_info":{"SerialNumber":"ACCC8ED3290D"},"sensorProviderID":"defaultID_176"}"#,
        &[
            "plate ABC001, 719 permille, by ACCC8ED3290D, id 1144696, at 2021-06-11T10:05:38.252Z, age 140219663748",
        ],
    ),
    // A published call of Plate Recognizer's webhook (shortened).
    (
        "Recognizer",
        AnyCamera,
        r#"{"hook":{"id":"camera-1","event":"recognition"},"data":{"camera_id":"camera-1","timestamp":"2021-09-29T05:56:13.606935Z","timestamp_local":"2021-09-29 05:56:13.606935+00:00","results":[{"box":{"xmin":460},"plate":"9jub11","region":{"code":"gb","score":0.413},"score":0.839,"candidates":[{"plate":"9jub11"},{"plate":"sju88y"}],"dscore":0.441,"direction":"","position_sec":4}]}}"#,
        &["plate 9jub11, 839 permille, by camera-1, at 2021-09-29T05:56:13.606Z, age 130730628394"],
    ),
    // Hikvision's fields as ISAPI names them, in JSON.
    (
        "Hikvision",
        AnyCamera,
        r#"{"EventNotificationAlert":{"macAddress":"44:19:b6:00:00:01","channelID":2,"dateTime":"2025-11-20T16:00:01+08:00","activePostCount":1,"eventType":"ANPR","eventState":"active","ANPR":{"country":86,"licensePlate":"沪D·K8216","originalLicensePlate":"沪DK8216","line":1,"direction":"forward","confidenceLevel":97,"vehicleInfo":{"vehileModel":0}},"UUID":"0f8fad5b-d9cb-469f-a165-70867728950e"}}"#,
        &["plate 沪D·K8216, antenna 2, 970 permille, by 44:19:b6:00:00:01, \
             id 0f8fad5b-d9cb-469f-a165-70867728950e, at 2025-11-20T08:00:01.000Z, age 1000"],
    ),
];

/// Messages that are refused, or are no sighting.
pub(super) const BROKEN: &[Vector] = &[
    // Published output of an emulator: the two spellings are of different EPCs.
    (
        "QX1",
        Impinj,
        r#"{"timestamp":"2024-08-06T12:00:02Z","hostname":"r700-emulator","eventType":"tagInventory","tagInventoryEvent":{"epc":"1B6M3HjA9z7Yp5tD","epcHex":"3500B6D9800987654321FEDCBA","antennaPort":1,"antennaName":"Antenna 1"}}"#,
        &["refused: epc and epcHex say different things"],
    ),
    // 23 digits; the short offset alone would do.
    (
        "QX2",
        Zebra,
        r#"{"type":"SIMPLE","timestamp":"2023-04-03T21:50:16.699+02","data":{"idHex":"11223344556677889900113","eventNum":7}}"#,
        &["refused: idHex must be 1 to 32 whole bytes of hexadecimal digits"],
    ),
    // Base64 of the camera's word for a vehicle without a plate.
    (
        "QX3",
        AnyCamera,
        r#"{"name":"ivs_result","payload":{"AlarmInfoPlate":{"result":{"PlateResult":{"license":"X+aXoF8="}}}}}"#,
        &["no plate"],
    ),
    (
        "QX7",
        AnyCamera,
        r#"{"type":"lpr","plate":"123ABC","score":0.95"#,
        &["refused: no JSON at line 1, column 43"],
    ),
];
