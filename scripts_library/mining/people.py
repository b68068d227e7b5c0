"""How people are named in Chinese: surnames, titles, and the words that a name follows."""

from __future__ import annotations

from scripts_library.mining.words import word_list

COMPOUND = word_list(
    "欧阳 司马 诸葛 上官 司徒 东方 独孤 南宫 夏侯 皇甫 尉迟 公孙 慕容 令狐 长孙 宇文 端木 轩辕 百里 东郭 南门 呼延 "
    "羊舌 微生 左丘 东门 西门 赫连 闻人 万俟 澹台 公冶 宗政 濮阳 淳于 单于 太叔 申屠 仲孙 钟离 鲜于 闾丘 亓官 司寇 "
    "颛孙 巫马 公西 漆雕 乐正 壤驷 公良 拓跋 夹谷 谷梁 完颜 耶律 纳兰 叶赫 那拉"
)
SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金"
    "石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤柳康易牛葛樊翁伍洪文季温申殷左欧俞纪关焦"
    "柯祁岳倪章鲁常齐庞庄邢凌裴翟车连路童骆宁聂焉尚柏甘费项傅施赖游兰毕舒屈阮蓝闵席麻强娄颜盛刁霍虞支昝经裘缪干解应宗宣郁单杭"
    "包诸吉钮嵇滑荣荀羊惠甄曲封芮羿储靳汲邴糜松井富巫乌巴弓牧隗山谷宓蓬郗班仰仲伊宫仇栾暴厉戎祖符景詹束幸司韶郜蓟薄印宿怀蒲台"
    "鄂索咸籍卓蔺屠蒙池乔阴胥苍双闻莘党贡劳逄姬扶堵冉宰郦雍璩桑桂濮寿通边扈燕冀郏浦农别晏柴瞿阎充慕茹习宦艾鱼容古慎戈庾终暨居"
    "衡步都耿满弘匡寇广禄阙东沃利蔚越夔隆师巩厍晁勾敖融冷訾辛阚那简饶空沙乜养鞠须丰巢蒯查后荆红竺权逯盖益桓公苟隋佟帅缑亢况郈"
    "琴商牟佘伯赏墨哈谯笪年爱阳冼撒练佴苗管梅滕穆卜全安祝鲍华苑褚涂邬岑占麦成房辜区时卫尤戚喻窦云奚郎昌凤花酆廉乐皮卞元平和萧"
    "湛禹狄米贝明臧计伏谈茅危贲於家秋钭邰从鬱能郤国殳毋相丛楼敬仝鹿代候银粟谌朴言揭邸展迟鄢尧旷宾仉楚晋邝庹柏水喻窦费廉岑倪祁项祝刁贲嵇酆须相终充通国弘都居步暨衡南海信操靖阳"
)
TITLES = word_list(
    "先生 女士 小姐 太太 夫人 经理 主任 总监 总 老师 律师 师傅 工 哥 姐 大哥 大姐 阿姨 叔叔 叔 姨 伯伯 主管 爷爷 奶奶 "
    "大爷 大妈 婶 婶婶 伯 嫂 嫂子 姑娘 老板 董 董事长 院长 校长 教授 书记 管家 队 导 助理 秘书 法官 警官 同学 博士 "
    "总裁 副总 专员 客服 教练 妈 爸 局 处 科 行长 站长 厂长 村长 组长 班长 会长 部长 区长 镇长 市长 检 庭长 队长 店长 "
    "顾问 科长 局长 处长 会计 医生 妹妹 弟弟 妹 某"
)
KIN = word_list(
    "丈夫 儿子 先生 公公 同事 同学 哥 哥哥 太太 女儿 妈 妈妈 妹 妹妹 妻子 姐 姐姐 姑姑 婆婆 媳妇 "
    "家 岳母 岳父 弟 弟弟 朋友 母亲 爱人 父亲 爸 爸爸 老公 老婆 舅舅 表哥 表姐"
)
ROLES = word_list("业主 介绍人 代理人 名字 姓名 客户 律师 户主 户名 担保人 接待 收款人 本人 申请人 经办人 经理 联系人 购房人 销售 顾问")
ORDINARY = frozenset("全成应时区房单解向连路关管万安文易于和容后简查占石金高方常尚左温明江华元平从能家相国代银楼敬秋候")
"""Surnames that are ordinary words before a title: 全, 成, 方."""
SELDOM_ELSE = SURNAMES - frozenset(
    "别都经支干包强通益权公利东广步居终养须那空师红鱼双充阳印台怀宿索沙农山井松富车班宫祖束司幸弓牧乌墨年爱伯赏练撒商况越隆丰"
    "后融冷勾古薄咸籍边燕尚衡满宗宣吉封荣惠席麻兰项扶堵桑寿浦慕戈黄高林何马叶程任金石白方江雷龙史毛万钱武文易牛温申季关连路常"
    "齐时成全安管单解占应曲房区容简习麦查华向于和左明洪游童纪宁辛梅盛符桂花蓝甘费曾段严陶康孔丁余范顾夏付计水池米谷屈景乐平巴"
    "信操展迟言揭海南国通都充终弘盖章楚晋旷宾柏水费刁暨步居云卡党佳岳帅元从能家相国代银楼敬凤昌皮贝伏秋候丛谈危鹿喻殳毋郎"
)
"""Surnames that are seldom anything else: standing alone they are somebody."""
THINGS = frozenset("区时路房车康包单全管关连占成应于和")
"""What follows 小 and 老 without being anybody: 小区, 小时, 老房子."""
LATIN_WORDS = word_list(
    "loft vip app pos wifi ktv bye crm erp lpr pdf excel word sms cbd shop mall ppt sorry hello yes okay the and for "
    "you sales show room house model line call atm pad iphone ipad apple huawei email mail logo bug low out pass high "
    "max mini pro plus hold live online offline http https www com"
)
"""Latin words that are nobody: any other is taken for a name."""
