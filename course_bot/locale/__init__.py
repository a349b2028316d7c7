"""The interface's phrases: English in the code, Russian in ``ru/LC_MESSAGES/course_bot.po``."""
