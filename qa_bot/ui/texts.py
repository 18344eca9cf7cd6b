"""Every sentence of the page, in English and Chinese, and which of the two a browser asks for."""

from __future__ import annotations

from collections.abc import Mapping

from qa_bot.ui.search_texts import CHINESE, ENGLISH

LANGUAGES = ("en", "zh")
"""The languages of the page, the default one first."""

TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        **ENGLISH,
        "language": "en",
        # the frame
        "menu": "Open the sidebar",
        "close_menu": "Close the sidebar",
        "new": "New question",
        "conversations": "Conversations",
        "documents": "Documents",
        # asking
        "question": "Your question",
        "placeholder": "Ask these documents a question",
        "note": "Answers come only from your documents. Check the sources.",
        "you": "You asked",
        "answer": "Answer",
        "searching": "Searching the documents",
        "reading": "Reading {count} passages",
        "searched_for": "Searched for",
        "stopped": "Stopped. This answer was not kept.",
        "failed": "The question could not be answered",
        "failed_unexpected": "Something unexpected happened. Try again; the log of the program says more.",
        "gone": "This conversation no longer exists. A new one was started.",
        # what can be done with an answer
        "sources": "Sources",
        "source": "Source {number}: {title}",
        "copy": "Copy the answer",
        "copied": "Copied",
        "like": "A good answer",
        "dislike": "A bad answer",
        "retry": "Ask again",
        "edit": "Edit the question",
        "retry_with": "Ask another model",
        "quoting": "No model: quote the documents",
        "written_by": "Written by {model}",
        "export": "Save the conversation with its sources",
        "follow_ups": "You may also ask",
        "unsupported": "Not supported by the documents",
        "unsupported_count": "{count} of {of} sentences: no support was found in the documents. They "
        "are underlined; check them before you rely on them.",
        "send": "Send",
        "stop": "Stop",
        "cancel": "Cancel",
        # no answer
        "abstained": "Not in these documents",
        "doubtful": "No sure answer",
        "nearest": "The nearest passages",
        # the source panel
        "panel": "The source of an answer",
        "close_panel": "Close the source",
        "page": "Page {page}",
        "sheet": "Sheet {sheet}",
        "score": "Score {score}",
        "score_dense": "meaning {score}, rank {rank}",
        "score_lexical": "words {score}, rank {rank}",
        "page_picture": "Page {page} of {title}, with the quoted lines marked",
        "enlarge": "Open the page alone",
        "in_context": "In its surroundings",
        "changed": "The document has changed or was removed since. This is what it said:",
        "source_missing": "This source is no longer there. It may belong to a deleted conversation.",
        "source_unavailable": "The source could not be opened. Reload the page and try again.",
        # empty states
        "hero_title": "Ask your documents",
        "hero_text": "Every answer is quoted from {documents} documents, with the passage beside it.",
        "hero_text_one": "Every answer is quoted from your document, with the passage beside it.",
        "empty_title": "Add documents to begin",
        "empty_text": "Drop files into the Documents tab: PDF, Word, PowerPoint, Excel, HTML, "
        "Markdown, text, e-mail, or a zip of them. Or take in a whole folder from the command line:",
        "empty_action": "Add documents",
        "no_conversations": "Your conversations will stand here.",
        "no_documents": "No documents yet.",
        "examples": "Try one of these",
        "example_1": "How long does a card refund take?",
        "example_2": "Does the warranty cover water damage?",
        "example_3": "What does error E2 on the K300 mean?",
        "example_4": "When is the Dublin store open on Sunday?",
        # conversations
        "rename": "Rename",
        "title": "Title",
        "save": "Save",
        "delete": "Delete",
        "sure": "Delete?",
        "untitled": "Untitled",
        # knowledge bases
        "base": "Knowledge base",
        "base_default": "Default",
        "new_base": "New knowledge base",
        "base_name": "Name",
        "create": "Create",
        # documents
        "upload": "Add files",
        "filter": "Filter documents",
        "count": "{count} documents",
        "count_one": "1 document",
        "passages": "{count} passages",
        "passages_one": "1 passage",
        "remove": "Remove {title}",
        "sure_remove": "Remove?",
        "more": "and {count} more",
        "working": "Taking in the files",
        "progress": "{done} of {total} files · {passages} passages",
        "rate": "{rate} passages a second",
        "left_seconds": "about {count} s left",
        "left_minutes": "about {count} min left",
        "finished": "Done: {added} added, {updated} updated, {unchanged} unchanged, "
        "{passages} passages in {seconds} s.",
        "failures": "These could not be taken in:",
        "dismiss": "Dismiss",
        "suspicious": "Speaks to a language model ({kinds}):",
        "suspected": "These speak to a language model; look at them before you rely on them:",
        "suspicion_instruction": "instruction",
        "suspicion_persona": "role to play",
        "suspicion_disclosure": "request for the prompt",
        "suspicion_marker": "chat marker",
        "suspicion_tool": "tool call",
        "suspicion_frame": "end of the quotation",
        "suspicion_hidden": "hidden text",
    },
    "zh": {
        **CHINESE,
        "language": "zh-CN",
        "menu": "打开侧栏",
        "close_menu": "关闭侧栏",
        "new": "新问题",
        "conversations": "对话",
        "documents": "文档",
        "question": "您的问题",
        "placeholder": "向这些文档提问",
        "note": "答案只来自您的文档，请核对出处。",
        "you": "您的提问",
        "answer": "回答",
        "searching": "正在检索文档",
        "reading": "正在阅读 {count} 个段落",
        "searched_for": "实际检索",
        "stopped": "已停止，此回答未保存。",
        "failed": "无法回答这个问题",
        "failed_unexpected": "发生了意外情况，请重试；程序日志中有更多说明。",
        "gone": "该对话已不存在，已开始新的对话。",
        "sources": "出处",
        "source": "出处 {number}：{title}",
        "copy": "复制回答",
        "copied": "已复制",
        "like": "回答得好",
        "dislike": "回答得不好",
        "retry": "重新提问",
        "edit": "修改问题",
        "retry_with": "换一个模型回答",
        "quoting": "不用模型，直接引用原文",
        "written_by": "由 {model} 撰写",
        "export": "保存对话及其出处",
        "follow_ups": "您还可以问",
        "unsupported": "文档中没有依据",
        "unsupported_count": "{of} 句话中有 {count} 句在文档中没有找到依据，已用下划线标出，请核实后再使用。",
        "send": "发送",
        "stop": "停止",
        "cancel": "取消",
        "abstained": "这些文档中没有答案",
        "doubtful": "没有确定的答案",
        "nearest": "最接近的段落",
        "panel": "回答的出处",
        "close_panel": "关闭出处",
        "page": "第 {page} 页",
        "sheet": "工作表 {sheet}",
        "score": "得分 {score}",
        "score_dense": "语义 {score}，第 {rank} 名",
        "score_lexical": "词语 {score}，第 {rank} 名",
        "page_picture": "{title} 第 {page} 页，引用的行已标出",
        "enlarge": "单独打开此页",
        "in_context": "上下文",
        "changed": "文档此后已更改或删除，当时的内容是：",
        "source_missing": "该出处已不存在，可能属于已删除的对话。",
        "source_unavailable": "无法打开出处，请刷新页面后重试。",
        "hero_title": "向您的文档提问",
        "hero_text": "每个回答都引自 {documents} 份文档，原文就在旁边。",
        "hero_text_one": "每个回答都引自您的文档，原文就在旁边。",
        "empty_title": "先添加文档",
        "empty_text": "把文件拖到“文档”栏：PDF、Word、PowerPoint、Excel、HTML、Markdown、文本、"
        "电子邮件，或它们的 zip 压缩包。也可以用命令行导入整个文件夹：",
        "empty_action": "添加文档",
        "no_conversations": "您的对话会显示在这里。",
        "no_documents": "还没有文档。",
        "examples": "试试这些问题",
        "example_1": "微信支付的退款几天到账？",
        "example_2": "几点前付款可以当天发货？",
        "example_3": "寄到北京要多少运费？",
        "example_4": "积分多长时间过期？",
        "rename": "重命名",
        "title": "标题",
        "save": "保存",
        "delete": "删除",
        "sure": "确认删除？",
        "untitled": "无标题",
        "base": "知识库",
        "base_default": "默认",
        "new_base": "新建知识库",
        "base_name": "名称",
        "create": "创建",
        "upload": "添加文件",
        "filter": "筛选文档",
        "count": "{count} 份文档",
        "count_one": "1 份文档",
        "passages": "{count} 个段落",
        "passages_one": "1 个段落",
        "remove": "移除 {title}",
        "sure_remove": "确认移除？",
        "more": "另有 {count} 份",
        "working": "正在导入文件",
        "progress": "第 {done} / {total} 个文件 · {passages} 个段落",
        "rate": "每秒 {rate} 个段落",
        "left_seconds": "约剩 {count} 秒",
        "left_minutes": "约剩 {count} 分钟",
        "finished": "完成：新增 {added}，更新 {updated}，未变 {unchanged}，"
        "共 {passages} 个段落，用时 {seconds} 秒。",
        "failures": "以下文件未能导入：",
        "dismiss": "知道了",
        "suspicious": "含有针对语言模型的内容（{kinds}）：",
        "suspected": "以下文件含有针对语言模型的内容，使用前请查看：",
        "suspicion_instruction": "指令",
        "suspicion_persona": "角色扮演",
        "suspicion_disclosure": "索取提示词",
        "suspicion_marker": "对话标记",
        "suspicion_tool": "工具调用",
        "suspicion_frame": "引文结束标记",
        "suspicion_hidden": "隐藏文字",
    },
}
"""Each text in each language, by its key."""


class Texts:
    """The page's texts in one language."""

    def __init__(self, language: str) -> None:
        """Take ``"en"`` or ``"zh"``; any other language reads English."""
        self._texts = TEXTS.get(language, TEXTS[LANGUAGES[0]])

    def __call__(self, key: str, **values: object) -> str:
        """Return a text with its values put in; it is plain text, not yet HTML.

        Raises:
            KeyError: If there is no such text or a value is missing.
        """
        return self._texts[key].format(**values)


def asked_language(header: str) -> str:
    """Return the page's language that an ``Accept-Language`` header prefers.

    English where the header names neither language.
    """
    weighed: list[tuple[float, int, str]] = []
    for place, part in enumerate(header.split(",")):
        name, _, options = part.partition(";")
        primary = name.strip().lower().split("-")[0]
        if primary in LANGUAGES:
            weighed.append((-_weight(options), place, primary))
    return min(weighed)[2] if weighed else LANGUAGES[0]


def _weight(options: str) -> float:
    key, _, value = options.strip().partition("=")
    if key.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
