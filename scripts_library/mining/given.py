"""Which characters given names are made of, and how common surnames are: a model of what a name looks like, nobody's name."""

from __future__ import annotations

import math
from typing import Final

from scripts_library.mining.people import COMPOUND, SURNAMES

_FREQUENT: Final = frozenset(
    "伟强磊军洋勇杰涛明超刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林欢佳阳建亮成峰博彬晨东海江新志国文武云松柏楠毅恒坚雄豪昊晓晖"
    "轩然睿铭瑞泽泉源渊涵清润沛信义仁礼智贤良德正忠孝廉和谦善福禄寿康祥吉庆荣贵富昌盛隆兴旺达通顺安定永长远久天宝金银锋锐锦"
    "芳娜敏静丽艳娟秀英霞红玲桂兰梅莉萍燕雪琳晶洁婷玉珍珠琴瑶瑾璐琪瑜莹莺菲蕾蓉莲荷菊芬芝芸苗茜婉娇娅妍妮媛月星辰晴雨雯霏露虹彩"
    "彤素紫青蓝翠碧春夏秋冬花叶香丹桃杏子梓宸欣怡诺语桐悦可心奕一诗馨依若汐芮梦萌钰熙煜皓航逸凡楷翔羽墨晗昕曦琛霖枫衍沐宥祺佑嘉"
    "懿乐艺伊恩惠思源卫跃进爱民向学才发财宗祖耀光世代传承绍继景克立业勤奋胜利保家守先存启尚时来运生根树山川河石岩小大美淑凤贞"
    "巧慧聪颖雅倩薇丝柔舒琼绮纯洪津冰冬雷震鸣麟鹤鸿虎彪骏驰骥威猛力劲健仪君卿友朋兵军农工少宏弘广博佩珊嫣娴姗婕蓓茹蕊芷"
)
_KNOWN: Final = frozenset(
    "栋栎森桦湛泓涌溢诚敬恭益钧钢铮镇钊钟霜素绢黛芹芙荟萱蔓萝茵姣嫦姝妙妤嫒嫱嬿绫翎翡珂珏珺珩珞玥玮玟璇璟璋瑛瑄瑗琰琬琦琨琅珈"
    "珉珣晔晟晏暄暖曜炜炎焱烨焕煊煌炫炳灿烁熠灵玄元亨利贞坤乾屹岚岳峻嵘崇巍岭峥川州舟帆航渝沁沅汀池泳泊泠洛浙淳淼淇渺湘溪滢潇"
    "澄澜瀚灏滔淮汉江洁汶沈思念忆怀恬悠惜惟慈懋戈戎扬拓振捷掣擎攀政效敦斐斯旦旺昂昌易映昭晋普智暮曼朔朗望本机权杨杭杰析枝柯柳栩"
    "格桃桓梁梧棋棠棣楚楷榕槐樱橙欧歌正步殿毓沃浪涟润淑溥濡焰照熹燃爽爵牧特犀狄玺理琢瑾甜甫申甲畅白百皎益相省真知石砚硕磐示祁祎祖"
    "祯禄禅禧禾秀秉秋科程稷穆空立章童竹笑笙筠简箫籍粟精系纪纬纲绅绎维绵缘缨罡群翀翊翰耘联聿肃育胤脉自至舜良艾节芊芗芮苇苏范茂茗"
    "荃荔荣莎莞莫菁菡萃葆葵蒙蓬蔚蕙薪藏虞蝉融衡裕裴见观言训诣谊谋谌贝贞贤贺赞赫超路轶辛达迅迎近远迪迈逢逊道遐遥邦郁都采里重野量"
    "钦铁铎铖锴键锡镕长门问闻阅陆陵雁雄集霆霄霓静非韬韵顺颂颜风骁骋高魁鲁鲲黎默齐龄乔书亚亦京亭人仕代令以任伍会伦伯佐何余作侠侨"
    "侃依侑修俐俏倍倪健偲傲儒元允充兆先克免兰共其典养冀冠准凌凝几凤凯函列初则剑力加劭励劲勋化北千升卉卓南占印卫原双发叔取古召史"
    "叶号司吟含听启吾周咏品哲唐善喆嘉嘏器团圆圣地坚坪坦城域培基堂塔增墨壮声处夏多夫央头夷奇奎女好如妹姊姐始姿威娉婧婵宁守宏宗官宛"
    "宜宝实客宣容宾密寄寅尊寒寓导封将尔尧尹层居展屏山岗峦崎崧嵩巡工左巧己巴布师希帝常干年并庄序庚庭延异弛张弥弦彦形彧影征律得微"
    "娣婷妃妆岑佟伶俪仙仪仲侬傅僮兮冉凰厚嗣坡垒垚堃墉复奥姬嫄娓孜季学孟孚宋宓宵寰屿峙峪嵋巾帜幸幼幽庐廷开弈弋彻彰徐律徽忍忱怿恺恽"
)
_FREQUENT_SURNAMES: Final = frozenset("王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗")
_USUAL_SURNAMES: Final = frozenset(
    "郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶"
    "黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
STRANGE, FUNCTION = 4e-5, 1e-6
"""Of a character that names seldom hold, and of one that sentences are held together by."""
_FUNCTION: Final = frozenset(
    "的了吗呢吧是在有说要和跟给到不没都也就还去让把被对你我他她您这那什怎过讲帮带转收拿问打呀啊着又很才再只个们几点"
)


def _in_surname(surname: str) -> float:
    if surname in _FREQUENT_SURNAMES:
        return 0.022
    if surname in _USUAL_SURNAMES:
        return 0.004
    return 1e-4 if surname in COMPOUND else 6e-4 if surname in SURNAMES else 0.0


def _in_given(character: str) -> float:
    if character in _FREQUENT:
        return 2.2e-3
    return 4e-4 if character in _KNOWN else FUNCTION if character in _FUNCTION else STRANGE


def is_given(character: str) -> bool:
    """Whether given names often hold it."""
    return character in _FREQUENT


def is_strange(character: str) -> bool:
    """Whether given names seldom hold it, though it is no function word."""
    return _in_given(character) == STRANGE


def is_rare_surname(character: str) -> bool:
    """Whether few people have it."""
    return character in SURNAMES and character not in _FREQUENT_SURNAMES and character not in _USUAL_SURNAMES


def log_surname(surname: str) -> float:
    """How likely somebody has it (nat); −inf for what is none."""
    share = _in_surname(surname)
    return math.log(share) if share else -math.inf


def log_given(given: str) -> float:
    """How likely it is, of given names of its length (nat)."""
    return sum(math.log(_in_given(character)) for character in given)
