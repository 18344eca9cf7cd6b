"""Chinese words that askers and documents use for the same thing, written in one way.

English has its stems and the encoder for this; Chinese, which the bundled encoder cannot read, has
only its words. The table is of everyday service language, not of any one collection of documents.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_SAME: Mapping[str, str] = {
    "运费": "邮费 快递费 寄费 配送费 运送费 送货费 运输费",
    "免运费": "包邮 免邮 免快递费",
    "配送": "邮寄 寄送 送货 运送 派送 送到 寄到 寄往 发往 送达 送去 寄去 发到",
    "发货": "发出 寄出 出货",
    "退回": "寄回去 寄回 退还 送回",
    "好友": "朋友 友人",
    "门店": "实体店 商店 店铺 店面 分店",
    "营业": "开门 开店 关门 打烊 上班 下班 关店",
    "价格": "价钱 售价 多少钱 定价 标价 报价",
    "保修": "质保 保修期 质保期 三包",
    "权益": "好处 福利 待遇 特权",
    "异味": "味道 气味 怪味 臭味",
    "无线网络": "wifi wi-fi 无线网 WLAN",
    "连接": "连上 连到 联网 配对",
    "重新": "再次 重来",
    "电话": "手机号 电话号码 手机号码 热线 联系电话",
    "邮箱": "邮件 电子邮件 e-mail email",
    "客服": "客户服务 售后 服务人员",
    "损坏": "坏了 破损 坏掉 破了 弄坏 摔坏 故障 损伤",
    "重量": "多重 几斤 几公斤 多少公斤",
    "面积": "多大面积 几平米 多少平米 多少平方米",
    "噪音": "噪声 声音 多吵 吵不吵 杂音",
    "功率": "瓦数 多少瓦 几瓦 耗电",
    "更换": "换新 换掉 替换 换一次 换一个",
    "清洁": "清洗 打扫 擦洗 洗干净 清理",
    "过期": "失效 到期",
    "注册": "开户 入会 加入会员 办会员 开通会员",
    "注销": "退会 销户 删除账号 取消会员",
    "取消": "撤销 退订",
    "修改": "更改 改动 变更 改一下",
    "地址": "在哪里 在哪儿 在哪 什么地方 位置",
    "休息": "放假 停业 不营业",
    "支付": "付款 付钱 结账 买单 付账",
    "到账": "退回来 到帐 入账",
    "优惠": "打折 折扣 减价",
    "工资": "薪水 薪资 月薪 薪酬",
    "安装": "装机 组装",
    "首次": "第一次 初次",
    "关闭": "关掉 关上 停用",
    "打开": "开启 启动 启用 开机",
    "购买": "买的 买了 购入 选购",
    "商品": "产品 货品 东西 货物",
    "儿童": "小孩 孩子 小朋友 宝宝",
    "期限": "时限 有效期 截止",
    "顾客": "客户 客人 用户 消费者",
    "员工": "职员 店员 工作人员",
}
"""The word that is kept, and those that are written as it."""

_KEPT = {word.lower(): kept for kept, words in _SAME.items() for word in words.split()}
# the longest first, so that 电话号码 is not read as 号码
_ANY = re.compile("|".join(sorted(map(re.escape, _KEPT), key=len, reverse=True)), re.IGNORECASE)


def unified(text: str) -> str:
    """Return a Chinese text with such words written in one way; its length may change."""
    return _ANY.sub(lambda found: _KEPT[found.group().lower()], text)
