//! The code tables of the bulk-cargo form, as types.
//! Promises: a value of these types is in the table; its code is spelt as customs spells it.
//! Source: spec SG-092..SG-099; lane directions from `contract` section 1.

use alloc::{borrow::ToOwned, string::String};

/// A code that its table does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{table} has no code {code:?}")]
pub struct UnknownCode {
    /// Which table was asked.
    pub table: &'static str,
    /// What was asked for, cut to 40 characters.
    pub code: String,
}

/// One enum per table: code, serde as the code, `parse`, `code()`, `label_zh()` and `ALL`. A macro, because eight hand-written
/// copies of the same functions would hide the one thing that differs, the table.
macro_rules! code_table {
    ($(#[$doc:meta])* $name:ident, $table:literal, { $($(#[$vdoc:meta])* $variant:ident = $code:literal $zh:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $code)] $variant,)+ }

        impl $name {
            /// Every value, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The code as customs writes it.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The name that the form's list shows.
            #[must_use]
            pub const fn label_zh(self) -> &'static str {
                match self { $(Self::$variant => $zh,)+ }
            }

            /// The value of this code.
            ///
            /// # Errors
            /// [`UnknownCode`] when the table has no such code.
            pub fn parse(code: &str) -> Result<Self, UnknownCode> {
                match code {
                    $($code => Ok(Self::$variant),)+
                    other => Err(UnknownCode { table: $table, code: other.chars().take(40).collect::<String>().to_owned() }),
                }
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result { f.write_str(self.code()) }
        }
    };
}

code_table!(
    /// 进出口标志: does the cargo come into the country or leave it (SG-092).
    IeFlag, "SG-092 import/export flag", {
        /// 进口: the cargo leaves the site.
        Import = "I" "进口",
        /// 出口: the cargo comes into the site.
        Export = "E" "出口",
    }
);

code_table!(
    /// 业务类型: what the trip is for, a ten-character bit string (SG-093, SG-094).
    BusinessType, "SG-094 business type", {
        /// 报关.
        Declaration = "1000000000" "报关",
        /// 转关.
        Transit = "0100000000" "转关",
        /// 查验分流.
        InspectionDiversion = "0010000000" "查验分流",
        /// 分拨分流.
        DistributionDiversion = "0001000000" "分拨分流",
        /// 空箱.
        EmptyContainer = "0000100000" "空箱",
        /// 集中查验.
        CentralInspection = "0000010000" "集中查验",
        /// 多式联运.
        Multimodal = "0000001000" "多式联运",
        /// 空车.
        EmptyVehicle = "0000000100" "空车",
        /// 报关+查验分流.
        DeclarationAndInspection = "1010000000" "报关+查验分流",
        /// 多式联运+报关.
        MultimodalAndDeclaration = "1000001000" "多式联运+报关",
    }
);

impl BusinessType {
    /// True when the two bit strings share a set bit (SG-103).
    #[must_use]
    pub fn shares_a_bit_with(self, other: Self) -> bool {
        self.code().bytes().zip(other.code().bytes()).any(|pair| pair == (b'1', b'1'))
    }
}

code_table!(
    /// 运输方式 (SG-095).
    TransportMode, "SG-095 transport mode", {
        /// 海运.
        Sea = "2" "海运",
        /// 公路.
        Road = "4" "公路",
        /// 航空.
        Air = "5" "航空",
    }
);

code_table!(
    /// 过卡车辆类型: laden or empty, in and out (SG-096).
    PassType, "SG-096 pass-vehicle type", {
        /// 重进空出.
        LadenInEmptyOut = "01" "重进空出",
        /// 空进重出.
        EmptyInLadenOut = "02" "空进重出",
        /// 重进重出.
        LadenInLadenOut = "03" "重进重出",
        /// 空进空出.
        EmptyInEmptyOut = "04" "空进空出",
    }
);

code_table!(
    /// 绑定对象类型: what the vehicle carries (SG-097).
    ObjectType, "SG-097 binding object type", {
        /// 集装箱.
        Container = "C" "集装箱",
        /// 提单.
        BillOfLading = "B" "提单",
        /// 转关单.
        TransitDeclaration = "T" "转关单",
        /// 车辆海关编号.
        VehicleCustomsNo = "VC" "车辆海关编号",
        /// 车辆车牌.
        VehiclePlate = "VN" "车辆车牌",
    }
);

code_table!(
    /// 进出方向 of a line; not the import/export flag (SG-098).
    Direction, "SG-098 direction", {
        /// 进: into the site.
        Into = "I" "进",
        /// 出: out of the site.
        OutOf = "E" "出",
    }
);

code_table!(
    /// 提单类型 (SG-099).
    BillType, "SG-099 bill-of-lading type", {
        /// 一程舱单.
        FirstLeg = "1" "一程舱单",
        /// 二程舱单.
        SecondLeg = "2" "二程舱单",
    }
);

code_table!(
    /// The way a lane leads (`contract` section 1).
    LaneDirection, "lane direction", {
        /// 进: into the site.
        In = "IN" "进",
        /// 出: out of the site.
        Out = "OUT" "出",
    }
);
