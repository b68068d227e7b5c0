"""What each refusal answers: its HTTP status, and a sentence in Chinese and in English."""

from __future__ import annotations

from dataclasses import dataclass

from case_api.problem_codes import ProblemCode


@dataclass(frozen=True, slots=True)
class ProblemText:
    """HTTP status, and what a person is told."""

    status: int
    zh: str
    en: str


PROBLEMS: dict[ProblemCode, ProblemText] = {
    ProblemCode.INVALID_REQUEST: ProblemText(422, "请求内容不符合要求", "The request does not fit the contract"),
    ProblemCode.NOT_FOUND: ProblemText(404, "找不到该内容，或您无权查看", "There is no such thing, or you may not see it"),
    ProblemCode.METHOD_NOT_ALLOWED: ProblemText(405, "该地址不支持此操作", "This address does not take this method"),
    ProblemCode.BODY_TOO_LARGE: ProblemText(413, "上传内容过大", "The upload is too large"),
    ProblemCode.INTERNAL: ProblemText(500, "服务内部错误", "Internal error"),
    ProblemCode.DATABASE_BUSY: ProblemText(503, "数据库繁忙，请稍后再试", "The database is busy; try again soon"),
    ProblemCode.CREDENTIALS_INVALID: ProblemText(
        401,
        "用户名或密码不正确；连续输错后账号会暂时锁定",
        "Wrong user name or password; the account locks for a while after several failures",
    ),
    ProblemCode.TOKEN_MISSING: ProblemText(401, "请先登录", "Sign in first"),
    ProblemCode.TOKEN_INVALID: ProblemText(401, "登录凭证无效，请重新登录", "The access token is not valid; sign in again"),
    ProblemCode.TOKEN_EXPIRED: ProblemText(401, "登录已过期，请重新登录", "The access token has expired; sign in again"),
    ProblemCode.PASSWORD_CHANGE_REQUIRED: ProblemText(403, "请先修改初始密码", "Change your one-time password first"),
    ProblemCode.PASSWORD_WEAK: ProblemText(
        422,
        "密码至少 10 个字符，不能包含用户名，也不能过于简单",
        "A password has 10 characters or more, not your user name and not a few repeated ones",
    ),
    ProblemCode.PASSWORD_WRONG: ProblemText(403, "原密码不正确", "The old password is not right"),
    ProblemCode.FORBIDDEN: ProblemText(403, "您的角色无权进行此操作", "Your role may not do this"),
    ProblemCode.USERNAME_TAKEN: ProblemText(409, "用户名已被使用", "This user name is taken"),
    ProblemCode.SITE_CODE_TAKEN: ProblemText(409, "案场代码已被使用", "This site code is taken"),
    ProblemCode.SITE_UNKNOWN: ProblemText(422, "没有这个案场", "There is no such site"),
    ProblemCode.SITE_REQUIRED: ProblemText(422, "请选择案场", "Name the site"),
    ProblemCode.CASE_UNKNOWN: ProblemText(422, "没有这个案件，或不属于该案场", "There is no such case at this site"),
    ProblemCode.ROLE_SCOPE: ProblemText(422, "管理员角色不能限定于单个案场", "The admin role is held everywhere or not at all"),
    ProblemCode.LAST_ADMIN: ProblemText(409, "不能停用最后一名管理员", "The last administrator has to stay"),
    ProblemCode.NOT_RECORDED: ProblemText(
        409,
        "客户未同意录音，或已撤回同意：这次会话只能看统计数字",
        "No recording was agreed to, or the consent was withdrawn: only counts are shown",
    ),
    ProblemCode.CONSENT_WITHDRAWN: ProblemText(409, "这次会话的录音同意已经撤回", "The consent to this recording is withdrawn already"),
    ProblemCode.AUDIO_GONE: ProblemText(404, "没有可播放的录音", "There is no audio to play"),
    ProblemCode.RANGE_TOO_LONG: ProblemText(422, "时间范围过长，请增大步长", "Too many points; ask for a larger step"),
    ProblemCode.RANGE_NOT_SATISFIABLE: ProblemText(416, "录音没有这么长", "The recording does not reach that far"),
    ProblemCode.CONSENT_REQUIRED: ProblemText(422, "录入声纹前须本人单独同意", "Enrolling a voice needs its own consent"),
    ProblemCode.AUDIO_UNDECODABLE: ProblemText(422, "音频无法解码", "The audio cannot be decoded"),
    ProblemCode.AUDIO_LENGTH: ProblemText(
        422, "录音过短或过长，请在安静处重新录制", "The recording is too short or too long; record it again in a quiet place"
    ),
    ProblemCode.VOICE_UNAVAILABLE: ProblemText(503, "暂时无法录入声纹", "Voices cannot be enrolled right now"),
    ProblemCode.NOT_ENROLLED: ProblemText(404, "尚未录入声纹", "No voice is enrolled"),
    ProblemCode.CASE_STATE: ProblemText(409, "案件当前所处的步骤不允许此操作", "The case is not in a step that allows this"),
    ProblemCode.TASK_CLOSED: ProblemText(409, "该任务已完成或已取消", "This task is done or cancelled"),
    ProblemCode.VERSION_CONFLICT: ProblemText(
        412, "内容已被他人修改，请刷新后重试", "Somebody changed it meanwhile; read it again and try once more"
    ),
    ProblemCode.PRECONDITION_REQUIRED: ProblemText(
        428, "请用 If-Match 标明所依据的版本", "Say in If-Match which version the change is based on"
    ),
    ProblemCode.KEY_REUSED: ProblemText(422, "该幂等键已用于另一请求", "This idempotency key was used for another request"),
    ProblemCode.KEY_INVALID: ProblemText(422, "幂等键须为 8 至 80 个可见字符", "An idempotency key has 8 to 80 visible characters"),
    ProblemCode.EVIDENCE_TYPE: ProblemText(422, "文件为空，或不是可接收的类型", "The file is empty, or of a type that is not taken"),
    ProblemCode.EVIDENCE_TYPE_MISMATCH: ProblemText(
        422, "文件内容与其声明的类型或扩展名不符", "The file is not what its declared type or its name says"
    ),
    ProblemCode.EVIDENCE_UNSAFE: ProblemText(422, "安全扫描未通过，文件未保存", "The scan refused the file; it was not kept"),
    ProblemCode.EVIDENCE_MISSING: ProblemText(404, "文件不在存储中，请联系管理员", "The file is not in the store; tell the administrator"),
    ProblemCode.EVIDENCE_WITHDRAWN: ProblemText(409, "该证据已撤回", "This evidence is withdrawn already"),
    ProblemCode.SCAN_UNAVAILABLE: ProblemText(
        503, "暂时无法进行安全扫描，文件未保存", "The file cannot be scanned right now; it was not kept"
    ),
    ProblemCode.STORE_UNAVAILABLE: ProblemText(503, "文件存储暂不可用", "The file store is not available right now"),
    ProblemCode.TASK_UNKNOWN: ProblemText(422, "该案件没有这个任务", "The case has no such task"),
    ProblemCode.SESSION_NOT_LINKED: ProblemText(409, "该会话未关联到此案件", "The session is not linked to this case"),
    ProblemCode.UTTERANCE_UNKNOWN: ProblemText(422, "该会话中没有这句话", "The session has no such utterance"),
    ProblemCode.SIGNAL_DECIDED: ProblemText(409, "该信号无需确认，或已处理", "This signal asks for nothing, or was decided already"),
    ProblemCode.RETENTION_RUNNING: ProblemText(409, "保存期限未满，不能删除", "The retention period is still running; nothing was deleted"),
    ProblemCode.LEGAL_HOLD: ProblemText(409, "处于法务保全中，不能删除", "A legal hold is in force; nothing was deleted"),
    ProblemCode.RECORD_OPEN: ProblemText(409, "尚未结束，不能删除", "It has not ended yet; nothing was deleted"),
    ProblemCode.HOLD_ENDED: ProblemText(409, "该保全已解除或已到期", "The hold was lifted or has ended"),
    ProblemCode.HOLD_INTERVAL: ProblemText(422, "请填写保全的到期时间，且须晚于现在", "A hold ends, or is reviewed, on a date to come"),
    ProblemCode.ASSIGNEE_UNFIT: ProblemText(
        422,
        "该人员不具备此任务所需角色，或该任务不能在此指派",
        "This person does not hold the role the task asks for, or the task is not assigned here",
    ),
    ProblemCode.DEADLINE_STATE: ProblemText(409, "该时限已结束，或已处于该状态", "The deadline has ended, or is in that state already"),
    ProblemCode.POLICY_STATE: ProblemText(
        409, "该制度版本的当前状态不允许此操作", "This version of the policy is not in a state that allows this"
    ),
    ProblemCode.POLICY_KIND: ProblemText(422, "制度种类不一致", "These are different kinds of policy"),
    ProblemCode.POLICY_DRAFTER: ProblemText(
        403, "草稿只能由起草人修改，且不能由起草人自己授权", "Only its drafter changes a draft, and never authorises it"
    ),
    ProblemCode.POLICY_TIME: ProblemText(
        409, "生效时间不能早于现在，也不能与另一版本同时生效", "A policy takes effect now or later, and not together with another version"
    ),
    ProblemCode.POLICY_UNPOSTED: ProblemText(
        422, "退款制度须先在销售现场公示，请填写公示凭据", "The refund rule has to be posted on site first: say where, and the proof"
    ),
    ProblemCode.POLICY_MISSING: ProblemText(
        409, "没有生效的制度版本，或停用后将没有制度可用", "No version of the policy is in force, or none would be"
    ),
    ProblemCode.REFUND_POLICY_UNUSABLE: ProblemText(
        409,
        "退款制度尚未经集团法务授权并在现场公示，不能使用",
        "The refund rule is not authorised by legal and posted on site: it cannot be used",
    ),
    ProblemCode.ASSESSMENT_INCOMPLETE: ProblemText(
        409, "财务、法务、营销三方评估须全部完成", "The assessments of finance, legal and marketing all have to be in"
    ),
    ProblemCode.RECEIVED_LATER: ProblemText(422, "收到时间不能晚于现在", "A request cannot have been received later than now"),
    ProblemCode.PERSON_UNKNOWN: ProblemText(422, "该案场没有这名人员", "There is no such person at this site"),
    ProblemCode.REFERENCE_TAKEN: ProblemText(409, "该外部编号在本案场已有案件", "The site has a case with this external reference"),
    ProblemCode.RECEPTIONIST_RESPONSIBLE: ProblemText(
        422, "接待人不能是直接责任人", "The receptionist must not be the consultant who is directly responsible"
    ),
    ProblemCode.RECEPTIONIST_ROLE: ProblemText(422, "该人员无权在本案场接待客户", "This person may not receive customers at this site"),
    ProblemCode.RECEPTIONIST_MISSING: ProblemText(409, "请先指派接待人", "Assign a receptionist first"),
    ProblemCode.NOT_RECEPTIONIST: ProblemText(
        403, "只有本案接待人或案场经理可以办理", "Only the case's receptionist or the site manager may do this"
    ),
    ProblemCode.INTAKE_BY_RESPONSIBLE: ProblemText(
        403, "直接责任人不能办理本案的登记", "The consultant who is directly responsible may not take part in the intake"
    ),
    ProblemCode.ID_NUMBER_INVALID: ProblemText(422, "证件号码不正确，请核对", "The ID number is not right; check it"),
    ProblemCode.ID_SCAN_UNKNOWN: ProblemText(422, "本案没有这份证件扫描件", "The case has no such scan of an ID"),
    ProblemCode.PHONE_INVALID: ProblemText(422, "电话号码不正确，请核对", "The phone number is not right; check it"),
    ProblemCode.ACCEPTANCE_MOMENT: ProblemText(422, "须关联本案已录音会话中的位置", "Name a moment within a recorded session of this case"),
    ProblemCode.REGISTRATION_INCOMPLETE: ProblemText(422, "登记表尚未填写完整", "The registration form is not complete"),
    ProblemCode.PHONE_MISSING: ProblemText(409, "请先填写手机号", "Fill in the phone number first"),
    ProblemCode.PHONE_NO_MESSAGES: ProblemText(422, "该号码无法接收短信", "This number takes no messages"),
    ProblemCode.PHONE_VERIFIED: ProblemText(409, "该手机号已核实", "The phone number is verified already"),
    ProblemCode.CODE_TOO_SOON: ProblemText(429, "验证码发送过于频繁，请稍后再试", "Too many codes were sent; wait a little"),
    ProblemCode.CODE_NOT_SENT: ProblemText(503, "验证码未能发出，请稍后再试", "The code could not be sent; try again soon"),
    ProblemCode.CODE_NONE: ProblemText(409, "没有待确认的验证码，请重新发送", "There is no code to confirm; send one"),
    ProblemCode.CODE_WRONG: ProblemText(422, "验证码不正确", "The code is wrong"),
    ProblemCode.CODE_EXPIRED: ProblemText(409, "验证码已过期，请重新发送", "The code has expired; send another"),
    ProblemCode.CODE_EXHAUSTED: ProblemText(409, "输错次数过多，请重新发送验证码", "Too many wrong codes; send another"),
    ProblemCode.ERP_OFF: ProblemText(409, "尚未配置 ERP 连接", "No ERP is connected"),
    ProblemCode.ERP_UNAVAILABLE: ProblemText(503, "ERP 暂时无法查询", "The ERP cannot be asked right now"),
    ProblemCode.ERP_NO_KEY: ProblemText(
        422, "请先填写认购编号、房号、手机号或客户姓名", "Fill in the subscription's code, the unit, the phone number or the name first"
    ),
    ProblemCode.ERP_NOT_CHECKED: ProblemText(404, "尚未与 ERP 核对", "No comparison with the ERP has been made"),
    ProblemCode.ERP_NO_DIFFERENCE: ProblemText(422, "核对结果中没有这项差异", "The comparison found no such difference"),
    ProblemCode.IMPORT_REJECTED: ProblemText(422, "文件中有错误，未导入任何案件", "The file has errors; nothing was imported"),
    ProblemCode.FACTS_MISSING: ProblemText(
        409, "登记表或评估中缺少定价所需的信息", "The registration or the assessments lack what the price needs"
    ),
    ProblemCode.NOTHING_PAID: ProblemText(422, "没有已收款项，无款可退", "Nothing was paid, so nothing can go back"),
    ProblemCode.REFUND_OUT_OF_BOUNDS: ProblemText(
        422, "退款比例或金额超出该合同阶段允许的范围", "The refund is outside what this stage of the contract allows"
    ),
    ProblemCode.JUDICIAL_ONLY: ProblemText(
        422, "贷款已发放，须走司法程序，请提供裁判文书", "The loan was released: only a court's decision can settle this"
    ),
    ProblemCode.COURT_NOT_APPLICABLE: ProblemText(
        422, "贷款未发放，不适用裁判文书定价", "The loan was not released: a court's figures do not apply"
    ),
    ProblemCode.COURT_EVIDENCE: ProblemText(422, "须关联本案已上传的裁判文书", "Name the court's decision among the evidence of this case"),
    ProblemCode.BENEFIT_UNKNOWN: ProblemText(
        422, "该案场的权益目录中没有此项，或已下架", "The site's catalogue has no such benefit, or not any more"
    ),
    ProblemCode.DEFERRAL_TERMS: ProblemText(
        422, "宽限天数或滞纳金比例超出允许范围", "The days of grace or the late fee are outside what is allowed"
    ),
    ProblemCode.DEFERRAL_USED: ProblemText(
        409,
        "该客户已给过一次延期：只有首次提出延期付款才有宽限。请改用协议解除、转介或房源转让",
        "The customer had days of grace, which are for the first request only: rescind, refer or transfer instead",
    ),
    ProblemCode.TOO_FEW_PATHS: ProblemText(
        409, "至少要有两种不同类型的方案，才能提供给客户", "An offer needs at least two paths of different kinds"
    ),
    ProblemCode.SOLUTION_STALE: ProblemText(
        409, "定价依据已变化，请重新定价该方案", "What the price was computed from has changed; price it again"
    ),
    ProblemCode.SOLUTION_UNKNOWN: ProblemText(422, "本案没有这个方案，或已撤回", "The case has no such solution, or not any more"),
    ProblemCode.OFFER_EXPIRED: ProblemText(
        409,
        "方案书已过有效期：请先登记客户未接受，再重新提供方案",
        "The offer is past its date; record that it was not accepted and offer again",
    ),
    ProblemCode.PATH_NOT_OFFERED: ProblemText(422, "方案书中没有这条路径", "The offer has no such path"),
    ProblemCode.PAYEES_WRONG: ProblemText(
        422, "收款人及金额须与方案应付金额逐项一致", "The payees have to add up to what the path owes each of them"
    ),
    ProblemCode.ANSWER_EVIDENCE: ProblemText(
        422, "须关联本案录音中的位置，或本案的签字证据", "Name a moment in a recording of this case, or signed evidence of this case"
    ),
    ProblemCode.POOL_EXISTS: ProblemText(409, "该案场已有权益池", "The site has a benefit pool already"),
    ProblemCode.ACK_STATE: ProblemText(409, "该确认书已签署或已撤回", "The acknowledgement was signed or withdrawn"),
    ProblemCode.ACK_SIGNATURES: ProblemText(
        422, "签名不全，或有不在名单上的签名", "A signature is missing, or somebody signed who is not on the paper"
    ),
    ProblemCode.POOL_MISSING: ProblemText(409, "该案场尚未设立权益池", "The site has no benefit pool yet"),
    ProblemCode.POOL_INSUFFICIENT: ProblemText(409, "权益池余额不足", "The benefit pool does not hold that much"),
    ProblemCode.BENEFIT_NAME_TAKEN: ProblemText(409, "目录中已有同名权益", "The catalogue has a benefit of this name"),
    ProblemCode.BENEFIT_RETIRED: ProblemText(409, "该权益已下架", "This benefit is not in the catalogue any more"),
    ProblemCode.APPROVAL_STATE: ProblemText(
        409, "该审批步骤尚未轮到、已处理或已作废", "This approval step is not to be decided: not its turn, decided, or void"
    ),
    ProblemCode.APPROVAL_ROLE: ProblemText(
        403, "该审批步骤不属于您的角色，也未委托给您", "This approval step is neither your role's nor delegated to you"
    ),
    ProblemCode.FOUR_EYES: ProblemText(
        403, "发起、审批与付款须由不同的人完成", "Whoever started, approved or pays has to be a different person each time"
    ),
    ProblemCode.APPROVAL_CONTENT: ProblemText(
        409, "内容已变更，与您看到的或已审批的不一致", "The content is not the one you saw, or not the one that was approved"
    ),
    ProblemCode.APPROVAL_TIER: ProblemText(409, "案件尚无审批层级", "The case has no authority tier yet"),
    ProblemCode.NOT_INITIATOR: ProblemText(403, "只有发起人可以撤回审批", "Only who started the approval may withdraw it"),
    ProblemCode.DELEGATION_PERIOD: ProblemText(
        422, "委托期限须在将来，且不超过 30 天", "A delegation ends in the future, 30 days after its start at the latest"
    ),
    ProblemCode.DELEGATE_UNFIT: ProblemText(
        422,
        "受托人不存在、已停用，或不处理同一案场的案件",
        "The delegate does not exist, is disabled, or works on no case of the same sites",
    ),
    ProblemCode.REFUND_NOT_DUE: ProblemText(409, "该方案无需退款，或退款条件尚未满足", "This path pays nothing back, or not yet"),
    ProblemCode.REFUND_ACCOUNT_MISSING: ProblemText(409, "该案场尚未设置付款账户", "The site has no account to pay from yet"),
    ProblemCode.REFUND_STATE: ProblemText(409, "该退款指令或付款已完成或已作废", "This refund instruction or payment is paid or cancelled"),
    ProblemCode.REFUND_PARTLY_PAID: ProblemText(
        409, "退款已部分支付，不能再变更", "The refund is paid in part and cannot be changed any more"
    ),
    ProblemCode.PAYEE_UNKNOWN: ProblemText(422, "指令中没有该收款人", "The instruction has no such payee"),
    ProblemCode.PAYMENT_DATE: ProblemText(422, "日期不能早于批准之日，也不能晚于今天", "The day is before the approval or after today"),
    ProblemCode.EXECUTION_KIND: ProblemText(422, "该确认不属于客户接受的方案", "This is not what the accepted path is carried out by"),
    ProblemCode.EXECUTION_STATE: ProblemText(
        409, "该方案已确认执行，或期限尚未届满", "This path was confirmed before, or its time has not run out yet"
    ),
    ProblemCode.WEBHOOK_URL: ProblemText(
        422, "须为不含密码的 https 地址", "The address has to be https, with neither a password nor a fragment"
    ),
    ProblemCode.ADDRESS_REFUSED: ProblemText(
        422, "找不到该主机，或其地址不在公网", "The host is not found, or is not in the public network"
    ),
    ProblemCode.WEBHOOK_DISABLED: ProblemText(409, "该 Webhook 已停用", "The webhook is switched off"),
    ProblemCode.DELIVERY_PENDING: ProblemText(409, "该消息仍在投递中", "This message is still on its way"),
    ProblemCode.CHANNEL_URL: ProblemText(
        422,
        "通知渠道地址不正确，或不是可用的服务",
        "The channel's address is not right, or not of a service that can be used",
    ),
    ProblemCode.CHANNELS_FULL: ProblemText(
        409, "通知渠道已达上限，请先删除一个", "There are as many channels as one may have; delete one first"
    ),
    ProblemCode.FILTERS_FULL: ProblemText(
        409, "保存的筛选已达上限，请先删除一个", "There are as many saved filters as one may have; delete one"
    ),
    ProblemCode.PERIOD_TOO_LONG: ProblemText(
        422, "时间范围最长为 400 天，且起点须早于终点", "A period has 400 days at most and begins before it ends"
    ),
    ProblemCode.HIT_REVIEWED: ProblemText(409, "该命中已有其他结论", "The hit was judged otherwise already"),
    ProblemCode.LIBRARY_REFUSED: ProblemText(422, "词库不能这样修改", "The library would not be right with this change"),
    ProblemCode.TERM_DECIDED: ProblemText(409, "该词已处理过", "This phrase was decided on already"),
    ProblemCode.EDIT_CHANGES_NOTHING: ProblemText(409, "与现行内容相同，没有需要审核的修改", "This is what is in force already"),
    ProblemCode.EDIT_OPEN: ProblemText(409, "这一条已有未完成的修改，请先处理", "There is a draft of it already; deal with that one first"),
    ProblemCode.EDIT_STATE: ProblemText(409, "该修改的当前状态不允许此操作", "The draft is not in a state that allows this"),
    ProblemCode.EDIT_DRAFTER: ProblemText(403, "只有起草人可以修改或撤回", "Only who drafted it may change it or take it back"),
    ProblemCode.EDIT_SECOND: ProblemText(403, "须由另一位有审核权限的人审核", "Somebody else has to decide on it, who may approve"),
    ProblemCode.LIBRARY_FILE: ProblemText(
        422, "文件中没有话术、词条或用语规则", "There are no scripts, terms or wording rules in this file"
    ),
    ProblemCode.THRESHOLDS_INVALID: ProblemText(422, "检测阈值不合理，未做任何修改", "The thresholds make no sense; nothing was changed"),
    ProblemCode.RANKING_NONE: ProblemText(409, "还没有可以冻结的排序版本", "There is no version of the ranking to hold on to yet"),
    ProblemCode.LEARNING_RUNNING: ProblemText(
        409, "正在学习，请等它结束（一般一两分钟）", "It is being learned already; wait until that has ended (a minute or two)"
    ),
    ProblemCode.WEEK_INVALID: ProblemText(
        422, "须为已过去的周一，投诉与升级数不能超过会话数", "Name a Monday that has passed, and no more complaints than conversations"
    ),
    ProblemCode.SIGNATURE_INVALID: ProblemText(
        401,
        "签名无效、已过期，或来源不存在、已停用",
        "The signature is wrong or too old, or there is no such source in service",
    ),
    ProblemCode.SOURCE_NAME_TAKEN: ProblemText(409, "已有同名的数据来源", "A source of this name exists"),
    ProblemCode.SOURCE_UNKNOWN: ProblemText(
        422, "没有这个数据来源，或它不属于该案场", "There is no such source, or it does not tell of this site"
    ),
    ProblemCode.MAPPING_INVALID: ProblemText(422, "列映射不符合要求", "The mapping of columns does not fit"),
    ProblemCode.WARNING_CLOSED: ProblemText(409, "该预警已关闭", "This warning is closed"),
    ProblemCode.WARNING_STATE: ProblemText(409, "该预警已有人受理", "This warning was acknowledged before"),
    ProblemCode.WARNING_NOT_CLOSED: ProblemText(
        409,
        "该预警不是由人办结的，或该客户已有新的预警，不能重新打开",
        "Nobody closed this warning, or the customer has another one by now: there is nothing to open again",
    ),
    ProblemCode.RULE_SET_STATE: ProblemText(409, "该规则的当前状态不允许此操作", "The rule set is not in a state that allows this"),
    ProblemCode.SESSION_UNKNOWN: ProblemText(
        422, "该案场没有这次会话，或它属于其他客户", "There is no such conversation at this site, or it is another customer's"
    ),
    ProblemCode.BACKTEST_TOO_LARGE: ProblemText(
        422,
        "客户过多，请缩小范围，或在服务器上运行 calmdesk warnings backtest",
        "Too many customers; narrow it down, or run `calmdesk warnings backtest` on the server",
    ),
    ProblemCode.BACKTEST_PERIOD: ProblemText(422, "回测期间须在过去，且不超过两年", "The period has to be past, and two years at most"),
    ProblemCode.TOO_MANY_REQUESTS: ProblemText(429, "操作过于频繁，请稍后再试", "Too many requests; wait a little"),
    ProblemCode.LINK_INVALID: ProblemText(
        401, "链接无效，请向接待人员索取新的二维码", "This link is not valid; ask the reception for a new code"
    ),
    ProblemCode.LINK_EXPIRED: ProblemText(
        410, "链接已过期，请向接待人员索取新的二维码", "This link has expired; ask the reception for a new code"
    ),
    ProblemCode.LINK_USED: ProblemText(409, "该申请已提交，不能重复提交", "This form was handed in already"),
    ProblemCode.CONSENT_OUTDATED: ProblemText(
        409, "告知内容已更新，请刷新页面后重新确认", "The notice has changed; reload the page and agree to it again"
    ),
    ProblemCode.SURVEY_CLOSED: ProblemText(409, "目前不能评价：事项尚未办结，或已超过评价期", "The matter is not over yet, or long over"),
    ProblemCode.SURVEY_ANSWERED: ProblemText(409, "您已评价过，谢谢", "You have answered already, thank you"),
    ProblemCode.FIGURES_PERIOD: ProblemText(422, "起止日期须先后有序，且不超过五年", "The days have to be in order, five years at most"),
    ProblemCode.LABELS_INVALID: ProblemText(422, "标注自相矛盾或不完整", "The labels contradict themselves or are not complete"),
    ProblemCode.LABELS_NONE: ProblemText(
        409,
        "没有可导出的标注：须已标完、客户仍同意录音、录音还在",
        "There is nothing to export: labelled to the end, agreed to, its recording kept",
    ),
    ProblemCode.COMMENT_OUTSIDE: ProblemText(422, "该时刻超出会话长度", "The conversation is not that long"),
    ProblemCode.COMMENTS_FULL: ProblemText(409, "这次会话的评论已达上限", "This conversation has as many comments as it may have"),
    ProblemCode.SESSION_OVER: ProblemText(409, "会话已结束", "The conversation is over"),
    ProblemCode.HINTS_FULL: ProblemText(409, "这次会话的提示已达上限", "This conversation has as many hints as it may have"),
    ProblemCode.LISTENING_NOT_AGREED: ProblemText(
        409, "客户同意的告知内容没有提到旁听，不能旁听这次会话", "The notice that the customer agreed to does not speak of listening along"
    ),
    ProblemCode.LISTENERS_FULL: ProblemText(409, "旁听人数已达上限", "As many people listen in as may"),
    ProblemCode.LISTENING_SHOWN_FIRST: ProblemText(
        409,
        "会话还在进行，结束后可以回放；有权限的管理人员可在实时墙上旁听，员工手机会显示其名字",
        "The conversation goes on and can be played once it is over; managers listen in on the live wall, and the phone shows their name",
    ),
    ProblemCode.CLIP_OUTSIDE: ProblemText(422, "片段超出会话长度", "The conversation is not that long"),
    ProblemCode.CLIPS_FULL: ProblemText(409, "这次会话的片段已达上限", "This conversation has as many clips as it may have"),
    ProblemCode.SESSION_NOT_ENDED: ProblemText(409, "会话还没有结束", "The conversation has not ended yet"),
    ProblemCode.CORRECTION_OWN: ProblemText(
        403, "自己接待的会话须由其他经理或培训人员更正", "One's own conversation is corrected by another manager or a trainer"
    ),
    ProblemCode.CORRECTIONS_FULL: ProblemText(409, "这句话的更正次数已达上限", "This sentence was corrected as often as it may be"),
    ProblemCode.LABELS_TOO_MANY: ProblemText(
        422, "标注过多，请按案场或类型缩小范围", "Too many conversations; narrow it down by site or kind"
    ),
}
