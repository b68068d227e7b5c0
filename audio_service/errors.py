"""Everything that can go wrong on the wire: one closed list of codes.

StreamError
├── ProtocolError         the client said something this contract does not allow
├── AccessError           the client may not do this
├── AudioError            the audio cannot be taken
└── ServiceError          the server cannot go on; the client may come back

Every code carries a message in Chinese and in English, whether a retry can help, and the WebSocket close code that
follows (None: the conversation goes on). `docs/wire.md` and the AsyncAPI file are generated from this table.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ErrorCode(StrEnum):
    """Stable codes; a code is never renamed and never reused."""

    HELLO_EXPECTED = "hello_expected"
    BAD_JSON = "bad_json"
    BAD_MESSAGE = "bad_message"
    UNKNOWN_TYPE = "unknown_type"
    UNSUPPORTED_VERSION = "unsupported_version"
    UNSUPPORTED_CODEC = "unsupported_codec"
    HELLO_REPEATED = "hello_repeated"
    HELLO_TIMEOUT = "hello_timeout"
    MESSAGE_TOO_LARGE = "message_too_large"
    UNKNOWN_PROMPT = "unknown_prompt"
    TOO_MANY_MESSAGES = "too_many_messages"
    TOKEN_INVALID = "token_invalid"
    TOKEN_EXPIRED = "token_expired"
    ROLE_FORBIDDEN = "role_forbidden"
    CASE_FORBIDDEN = "case_forbidden"
    CASE_OVER = "case_over"
    SESSION_UNKNOWN = "session_unknown"
    SESSION_ENDED = "session_ended"
    SESSION_TAKEN_OVER = "session_taken_over"
    CONSENT_REQUIRED = "consent_required"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    PACKET_MALFORMED = "packet_malformed"
    PACKET_LENGTH = "packet_length"
    SEQUENCE_GAP = "sequence_gap"
    SESSION_TOO_LONG = "session_too_long"
    AUDIO_UNDECODABLE = "audio_undecodable"
    STORE_FULL = "store_full"
    STORE_FAILED = "store_failed"
    SLOW_CLIENT = "slow_client"
    BUSY = "busy"
    SHUTTING_DOWN = "shutting_down"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class ErrorText:
    """What a person is told, and what the client's program may do about it."""

    zh: str
    en: str
    retry: bool
    close: int | None


ERRORS: dict[ErrorCode, ErrorText] = {
    ErrorCode.HELLO_EXPECTED: ErrorText("请先发送 hello 消息", "Send hello first", False, 4400),
    ErrorCode.BAD_JSON: ErrorText("消息不是有效的 JSON", "The message is not valid JSON", False, None),
    ErrorCode.BAD_MESSAGE: ErrorText("消息内容不符合协议", "The message does not fit the contract", False, None),
    ErrorCode.UNKNOWN_TYPE: ErrorText("未知的消息类型", "Unknown message type", False, None),
    ErrorCode.UNSUPPORTED_VERSION: ErrorText("协议版本不受支持，请更新客户端", "This protocol version is not supported", False, 4400),
    ErrorCode.UNSUPPORTED_CODEC: ErrorText("不支持的编码或采样率", "Codec or sample rate is not supported", False, 4400),
    ErrorCode.HELLO_REPEATED: ErrorText("hello 只能发送一次", "hello may be sent only once", False, None),
    ErrorCode.HELLO_TIMEOUT: ErrorText("等待 hello 超时", "No hello arrived in time", True, 4408),
    ErrorCode.MESSAGE_TOO_LARGE: ErrorText("消息过大", "The message is too large", False, None),
    ErrorCode.UNKNOWN_PROMPT: ErrorText("没有这条提示", "There is no such prompt in this session", False, None),
    ErrorCode.TOO_MANY_MESSAGES: ErrorText(
        "操作过于频繁，请稍后再试；录音不受影响", "Too many marks or answers at once; the recording goes on", True, None
    ),
    ErrorCode.TOKEN_INVALID: ErrorText("登录凭证无效，请重新登录", "The access token is not valid; sign in again", False, 4401),
    ErrorCode.TOKEN_EXPIRED: ErrorText("登录已过期，请重新登录", "The access token has expired; sign in again", False, 4401),
    ErrorCode.ROLE_FORBIDDEN: ErrorText("您的角色不能进行录音会话", "Your role may not run a session", False, 4403),
    ErrorCode.CASE_FORBIDDEN: ErrorText("您无权访问该案件", "You may not use this case", False, 4403),
    ErrorCode.CASE_OVER: ErrorText(
        "该案件已归档或取消，不能再关联新的会话", "The case is archived or cancelled: no new conversation can be linked to it", False, 4409
    ),
    ErrorCode.SESSION_UNKNOWN: ErrorText("找不到要继续的会话", "There is no such session to resume", False, 4404),
    ErrorCode.SESSION_ENDED: ErrorText("该会话已结束", "This session has ended", False, 4409),
    ErrorCode.SESSION_TAKEN_OVER: ErrorText("会话已在另一连接上继续", "The session continues on another connection", False, 4409),
    ErrorCode.CONSENT_REQUIRED: ErrorText("缺少告知同意记录", "A consent record is required", False, 4403),
    ErrorCode.CONSENT_WITHDRAWN: ErrorText(
        "客户已撤回录音同意，录音已停止", "The customer withdrew consent to the recording; it has stopped", False, 4410
    ),
    ErrorCode.PACKET_MALFORMED: ErrorText("音频包格式错误", "The audio packet is malformed", False, 4400),
    ErrorCode.PACKET_LENGTH: ErrorText("音频包时长须为 20–200 毫秒", "An audio packet must last 20 to 200 ms", False, 4400),
    ErrorCode.SEQUENCE_GAP: ErrorText(
        "音频包序号不连续，请从期望的序号重发", "A packet is missing; resend from the expected one", True, 4409
    ),
    ErrorCode.SESSION_TOO_LONG: ErrorText("会话超过最长时间", "The session is longer than allowed", False, 4413),
    ErrorCode.AUDIO_UNDECODABLE: ErrorText("音频无法解码", "The audio cannot be decoded", False, 4400),
    ErrorCode.STORE_FULL: ErrorText(
        "存储空间不足，录音暂停，请保留未确认的音频", "Storage is full; keep what is not acknowledged", True, 4507
    ),
    ErrorCode.STORE_FAILED: ErrorText(
        "录音保存失败，请保留未确认的音频", "The audio could not be stored; keep what is not acknowledged", True, 4507
    ),
    ErrorCode.SLOW_CLIENT: ErrorText("客户端接收过慢，请重新连接", "The client reads too slowly; connect again", True, 4408),
    ErrorCode.BUSY: ErrorText("服务繁忙，请稍后再试", "The service is at its limit; try again soon", True, 4503),
    ErrorCode.SHUTTING_DOWN: ErrorText("服务正在重启，将自动继续", "The service is restarting; resume in a moment", True, 1012),
    ErrorCode.INTERNAL: ErrorText("服务内部错误，录音已保存", "Internal error; what was acknowledged is safe", True, 1011),
}


class StreamError(Exception):
    """Base of every error that reaches a client. `detail` names the field or number at fault, never a secret."""

    def __init__(self, code: ErrorCode, detail: str | None = None) -> None:
        super().__init__(f"{code}: {detail}" if detail else str(code))
        self.code = code
        self.detail = detail

    @property
    def text(self) -> ErrorText:
        return ERRORS[self.code]


class ProtocolError(StreamError):
    """The client said something this contract does not allow."""


class AccessError(StreamError):
    """The client may not do this."""


class AudioError(StreamError):
    """The audio cannot be taken."""


class ServiceError(StreamError):
    """The server cannot go on; the client may come back."""
