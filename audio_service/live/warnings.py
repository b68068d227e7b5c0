"""What is off while the session goes on, in words that say what to do about it."""

from __future__ import annotations

from audio_service.hearing import StaffHurried
from audio_service.messages import Nudge, Warning_, WarningCode

_TEXTS: dict[WarningCode, tuple[str, str]] = {
    WarningCode.FALLING_BEHIND: ("转写跟不上，文字会延迟，情绪检测不受影响", "Text is late; voice detection is not affected"),
    WarningCode.CLIPPING: ("声音过大出现失真，请把手机放远一点", "The sound is clipping; move the phone away a little"),
    WarningCode.MIC_AGC: ("手机自动调节了音量，音量变化仅供参考", "The phone adjusts its own gain; loudness is less reliable"),
    WarningCode.NO_SPEECH: ("一段时间没有听到说话", "No speech has been heard for a while"),
    WarningCode.TOO_QUIET: ("声音太小，请把手机放近一点", "The sound is too quiet; move the phone closer"),
    WarningCode.NOT_ENROLLED: (
        "未登记您的声音，暂时靠音色区分双方，准确度较低",
        "Your voice is not enrolled; telling the speakers apart is less certain",
    ),
    WarningCode.ONE_VOICE: (
        "到现在只听出一个人的声音，客户激动时可能不会提示，请您自己多留意",
        "Only one voice can be told apart so far: prompts may not come, so watch the customer yourself",
    ),
    WarningCode.TEXT_SKIPPED: ("转写积压过多，一句话未转写，录音不受影响", "One utterance was not transcribed; the recording is complete"),
    WarningCode.HEARING_FAILED: ("语音分析出错，提示暂停，录音不受影响", "Listening failed; no more prompts, the recording goes on"),
    WarningCode.STORE_SLOW: ("数据库繁忙，记录会稍后写入", "The database is busy; records are written a little later"),
    WarningCode.STORE_LOW: ("存储空间即将不足", "Storage is running low"),
    WarningCode.ROWS_LOST: ("部分记录未能保存，录音不受影响", "Some records could not be kept; the recording is complete"),
}


def warning(code: WarningCode, at: float) -> Warning_:
    """The message for a code; `at` in seconds of audio."""
    chinese, english = _TEXTS[code]
    return Warning_(code=code, at=round(at, 2), zh=chinese, en=english)


def nudge(event: StaffHurried) -> Nudge:
    """A word to the staff member about their own pace."""
    faster = round(100 * event.rate_change)
    return Nudge(
        at=round(event.at, 2),
        zh=f"您现在的语速比刚才快了约 {faster}%，放慢一点，客户更容易听进去",
        en=f"You are speaking about {faster} % faster than before; a slower pace is easier to take in",
    )
